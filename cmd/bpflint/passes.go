package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bpflint/bpflint/analysis"
	"github.com/bpflint/bpflint/passes"
)

func passesCommand() *cobra.Command {
	var rules, asJSON bool
	cmd := &cobra.Command{
		Use:   "passes",
		Short: "List the analyzers in the order in which they run",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				return listJSON(cmd.OutOrStdout())
			}
			return list(cmd.OutOrStdout(), rules)
		},
	}
	cmd.Flags().BoolVar(&rules, "rules", false, "list also the kinds of findings of each analyzer")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func list(w io.Writer, rules bool) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range passes.Suite() {
		fmt.Fprintf(tw, "%s\t%s\n", a.Name, summary(a.Doc))
		if !rules {
			continue
		}
		for _, r := range a.Diagnostics {
			fmt.Fprintf(tw, "  %s\t%s: %s\n", r.ID, r.Severity, r.Title)
		}
	}
	return tw.Flush()
}

func summary(doc string) string {
	first, _, _ := strings.Cut(doc, "\n")
	return first
}

func listJSON(w io.Writer) error {
	type jsonRule struct {
		ID       string `json:"id"`
		Severity string `json:"severity"`
		Title    string `json:"title"`
	}
	type jsonPass struct {
		Name     string     `json:"name"`
		Doc      string     `json:"doc"`
		URL      string     `json:"url"`
		Requires []string   `json:"requires"`
		Rules    []jsonRule `json:"rules"`
	}
	var out []jsonPass
	for _, a := range passes.Suite() {
		p := jsonPass{Name: a.Name, Doc: a.Doc, URL: a.URL, Requires: []string{}, Rules: []jsonRule{}}
		for _, req := range a.Requires {
			p.Requires = append(p.Requires, req.Name)
		}
		for _, r := range a.Diagnostics {
			p.Rules = append(p.Rules, jsonRule{r.ID, r.Severity.String(), r.Title})
		}
		out = append(out, p)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ID",
		Short: "Explain an analyzer or a kind of finding",
		Long:  `explain prints the full text about an analyzer (proof) or about a kind of finding (proof/unsupported).`,
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return explainable(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return explain(cmd.OutOrStdout(), args[0])
		},
	}
}

// explainable lists what explain knows.
func explainable() []string {
	var ids []string
	for _, a := range passes.Suite() {
		ids = append(ids, a.Name)
		for _, r := range a.Diagnostics {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func explain(w io.Writer, id string) error {
	if a := passes.ByName(id); a != nil {
		return explainAnalyzer(w, a)
	}
	a, rule := passes.RuleByID(id)
	if rule == nil {
		return fmt.Errorf("nothing is known as %q; \"bpflint passes --rules\" lists all", id)
	}
	_, err := fmt.Fprintf(w, "%s (%s, by analyzer %s)\n%s\n\n%s\n", rule.ID, rule.Severity, a, rule.Title, strings.TrimSpace(rule.Doc))
	return err
}

func explainAnalyzer(w io.Writer, a *analysis.Analyzer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", a.Name, strings.TrimSpace(a.Doc))
	if a.URL != "" {
		fmt.Fprintf(&b, "\nMore: %s\n", a.URL)
	}
	if len(a.Requires) > 0 {
		fmt.Fprintf(&b, "\nRequires:")
		for _, req := range a.Requires {
			fmt.Fprintf(&b, " %s", req)
		}
		fmt.Fprintln(&b)
	}
	if len(a.Diagnostics) > 0 {
		fmt.Fprintf(&b, "\nFindings:\n")
	}
	for _, r := range a.Diagnostics {
		fmt.Fprintf(&b, "  %s (%s): %s\n", r.ID, r.Severity, r.Title)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
