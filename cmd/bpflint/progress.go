package main

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows a bar on a terminal once the work has taken a second.
type progress struct {
	console *console
	rounds  int // runs of the driver
	start   time.Time

	mu  sync.Mutex
	bar *progressbar.ProgressBar // nil until it is shown
}

// patience is how long nothing is shown.
const patience = time.Second

func newProgress(c *console, quiet bool, rounds int) *progress {
	if quiet || !c.animated {
		return nil
	}
	return &progress{console: c, rounds: rounds, start: time.Now()}
}

// of returns the callback of one round; nil when nothing is to be shown.
func (p *progress) of(round int) func(done, total int) {
	if p == nil {
		return nil
	}
	return func(done, total int) {
		if time.Since(p.start) < patience {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.bar == nil {
			p.bar = progressbar.NewOptions(p.rounds*total,
				progressbar.OptionSetWriter(p.console.stderr),
				progressbar.OptionSetDescription("judging"),
				progressbar.OptionShowCount(),
				progressbar.OptionSetWidth(30),
				progressbar.OptionThrottle(100*time.Millisecond),
				progressbar.OptionClearOnFinish(),
			)
		}
		_ = p.bar.Set(round*total + done) // a bar that cannot be drawn is no failure
	}
}

func (p *progress) clear() {
	if p != nil && p.bar != nil {
		_ = p.bar.Clear()
	}
}
