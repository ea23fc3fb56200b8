package linux

// Feature is a behaviour of the verifier, or of bpf(2) around it, that some
// kernels have and others lack.
type Feature uint16

// FeatureInfo is one row of the table of features.
type FeatureInfo struct {
	Feature Feature
	Name    string // for diagnostics and documents
	Since   Version
}

// Features of the verifier. Each has one row in the table below.
const (
	BoundedLoops Feature = iota // back edges are explored, not refused
	AtomicFetch                 // atomics other than add
	ISAv4                       // cpu v4 instructions
	LoadAcquire                 // load-acquire, store-release
	MayGoto                     // may_goto
	Arena                       // address space casts
	IndirectJump                // jumps through tables
	TracingMulti                // tracing programs for many functions at once
	featureCount                // keep last

	firstCheck   Feature = 64  // see limits.go
	firstBTF     Feature = 96  // see features_btf.go
	firstScalar  Feature = 128 // see features_scalar.go
	firstMachine Feature = 192 // see features_machine.go
	firstFunc    Feature = 448 // see features_func.go
	firstTyped   Feature = 512 // see features_typed.go
	firstCaps    Feature = 320 // see features_caps.go
	firstHook    Feature = 340 // see arrays.go
	firstKfunc   Feature = 272 // see features_kfunc.go
)

var features = [featureCount]FeatureInfo{
	BoundedLoops: {BoundedLoops, "bounded loops", Version{5, 3}},
	AtomicFetch:  {AtomicFetch, "atomic operations with fetch", Version{5, 12}},
	ISAv4:        {ISAv4, "instructions of cpu v4", Version{6, 6}},
	LoadAcquire:  {LoadAcquire, "load-acquire and store-release", Version{6, 15}},
	MayGoto:      {MayGoto, "may_goto", Version{6, 9}},
	TracingMulti: {TracingMulti, "tracing programs for many functions", Version{7, 2}},
	Arena:        {Arena, "arenas", Version{6, 9}},
	IndirectJump: {IndirectJump, "indirect jumps", Version{6, 19}},
}

// info returns the feature's row.
func (f Feature) info() *FeatureInfo {
	if f >= firstTyped {
		return &typedFeatures[f-firstTyped]
	}
	if f >= firstFunc {
		return &funcFeatures[f-firstFunc]
	}
	if f >= firstHook {
		return &hookFeatures[f-firstHook]
	}
	if f >= firstCaps {
		return &capsFeatures[f-firstCaps]
	}
	if f >= firstKfunc {
		return &kfuncFeatures[f-firstKfunc]
	}
	if f >= firstMachine {
		return &machineFeatures[f-firstMachine]
	}
	if f >= firstScalar {
		return &scalarFeatures[f-firstScalar]
	}
	if f >= firstBTF {
		return &btfFeatures[f-firstBTF]
	}
	if f >= firstCheck {
		return &checkFeatures[f-firstCheck]
	}
	return &features[f]
}

// String returns the feature's name.
func (f Feature) String() string { return f.info().Name }

// Since returns the kernel that brought the feature.
func (f Feature) Since() Version { return f.info().Since }

// Has reports whether the kernel has the feature.
func (v Version) Has(f Feature) bool { return v.AtLeast(f.info().Since) }
