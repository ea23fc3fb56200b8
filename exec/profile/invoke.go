package profile

import (
	"time"

	"github.com/google/pprof/profile"

	"github.com/bpflint/bpflint/prog"
)

// invocation is what it took to enter a program from outside and to leave it.
type invocation struct {
	count        int64
	enter, leave time.Duration
}

func (i *invocation) add(enter, leave time.Duration) {
	i.count++
	i.enter += enter
	i.leave += leave
}

// invocation returns that of a program on the CPU.
func (l *lane) invocation(p *prog.Program) *invocation {
	i := l.invocations[p]
	if i == nil {
		i = new(invocation)
		l.invocations[p] = i
	}
	return i
}

// The frames of entering and leaving a program, plain and sleepable.
var invocationFrames = [2]struct{ enter, leave string }{
	{"[enter program]", "[leave program]"},
	{"[enter sleepable program]", "[leave sleepable program]"},
}

// invocations adds what it took to enter and to leave a program, as frames that
// it calls at its start.
func (b *builder) invocations(p *program, lanes []*lane) {
	var sum invocation
	for _, l := range lanes {
		if i := l.invocations[p.Program]; i != nil {
			sum.count += i.count
			sum.enter += i.enter
			sum.leave += i.leave
		}
	}
	const sleepable = 1 << 4 // BPF_F_SLEEPABLE
	names := invocationFrames[p.Flags&sleepable/sleepable]
	start := b.location(p.funcs[0], 0)
	b.sample(&[numValues]int64{valueTime: int64(sum.enter), valueInvocations: sum.count},
		[]*profile.Location{b.helper(names.enter), start})
	b.sample(&[numValues]int64{valueTime: int64(sum.leave)}, []*profile.Location{b.helper(names.leave), start})
}
