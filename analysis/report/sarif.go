package report

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/bpflint/bpflint/analysis"
)

// The parts of SARIF 2.1.0 (OASIS, 27 March 2020) that we write; section
// numbers are of that document.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct { // 3.14
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		ColumnKind  string            `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct { // 3.19
		Name    string      `json:"name"`
		Version string      `json:"version"`
		URI     string      `json:"informationUri"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct { // 3.49
		ID       string        `json:"id"`
		Short    sarifText     `json:"shortDescription"`
		Full     sarifText     `json:"fullDescription"`
		Help     sarifMarkdown `json:"help"`
		HelpURI  string        `json:"helpUri,omitempty"`
		Defaults sarifDefaults `json:"defaultConfiguration"`
	}
	sarifDefaults struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifMarkdown struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown"`
	}
	sarifInvocation struct { // 3.20
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct { // 3.58
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifResult struct { // 3.27
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
		Related   []sarifLocation `json:"relatedLocations,omitempty"`
	}
	sarifLocation struct { // 3.28
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
		Message  *sarifText     `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct { // 3.30
		Line   int `json:"startLine"`
		Column int `json:"startColumn,omitempty"`
	}
	sarifLogical struct { // 3.33
		Name string `json:"name"`
		Kind string `json:"kind"`
	}
)

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"

var sarifLevels = map[analysis.Severity]string{
	analysis.Info: "note", analysis.Warning: "warning", analysis.Unsupported: "warning", analysis.Reject: "error",
}

// SARIF prints a log of the Static Analysis Results Interchange Format, 2.1.0.
func SARIF(w io.Writer, results []*analysis.Result, o Options) error {
	s := &sarif{src: NewSources(), index: map[string]int{}}
	run := sarifRun{
		Tool: sarifTool{sarifDriver{
			Name: o.Tool.Name, Version: o.Tool.Version, URI: "https://github.com/bpflint/bpflint", Rules: s.rules(o.Suite),
		}},
		Invocations: []sarifInvocation{invocation(results)},
		Results:     []sarifResult{},
		ColumnKind:  "unicodeCodePoints",
	}
	for _, it := range items(results) {
		run.Results = append(run.Results, s.result(it))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

type sarif struct {
	src   *Sources
	index map[string]int // of rules, by ID
}

func (s *sarif) rules(suite []*analysis.Analyzer) []sarifRule {
	rules := []sarifRule{}
	for _, a := range suite {
		for _, r := range a.Diagnostics {
			s.index[r.ID] = len(rules)
			rules = append(rules, sarifRule{
				ID: r.ID, Short: sarifText{r.Title}, Full: sarifText{r.Title},
				Help: sarifMarkdown{r.Doc, r.Doc}, HelpURI: a.URL,
				Defaults: sarifDefaults{sarifLevels[r.Severity]},
			})
		}
	}
	return rules
}

func invocation(results []*analysis.Result) sarifInvocation {
	inv := sarifInvocation{Successful: true}
	for i := range objectCount(results) {
		for _, f := range failuresOf(results, i) {
			inv.Successful = false
			inv.Notifications = append(inv.Notifications, sarifNotification{
				Level: "error", Message: sarifText{f.String()},
				Locations: []sarifLocation{{Physical: sarifPhysical{Artifact: artifact(results[0].Objects[i].Path)}}},
			})
		}
	}
	return inv
}

func (s *sarif) result(it item) sarifResult {
	f := it.finding
	res := sarifResult{
		RuleID: f.ID, RuleIndex: s.index[f.ID], Level: sarifLevels[f.Severity], Message: sarifText{longMessage(it)},
		Locations: []sarifLocation{s.location(it.object.Path, f.Pos)},
	}
	res.Locations[0].Logical = []sarifLogical{{Name: it.program.Name, Kind: "function"}}
	for _, rel := range f.Related {
		loc := s.location(it.object.Path, rel.Pos)
		loc.Message = &sarifText{rel.Message}
		res.Related = append(res.Related, loc)
	}
	return res
}

// location is in the source where that is known, else the object as a whole.
func (s *sarif) location(object string, pos analysis.Position) sarifLocation {
	if !pos.IsValid() {
		return sarifLocation{Physical: sarifPhysical{Artifact: artifact(object)}}
	}
	path, _ := s.src.Resolve(pos, object)
	return sarifLocation{Physical: sarifPhysical{
		Artifact: artifact(path), Region: &sarifRegion{Line: pos.Line, Column: runeColumn(pos)},
	}}
}

func artifact(path string) sarifArtifact {
	path = filepath.ToSlash(path)
	u := url.URL{Path: path}
	if strings.HasPrefix(path, "/") {
		u.Scheme = "file"
	}
	return sarifArtifact{u.String()}
}
