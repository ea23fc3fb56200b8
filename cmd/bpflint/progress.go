package main

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows on a terminal how far the work is, once it has taken a second.
// The nil value shows nothing. Calls must not overlap.
type progress struct {
	console *console
	start   time.Time
	bar     *progressbar.ProgressBar // nil until it is shown
}

// patience is how long nothing is shown.
const patience = time.Second

func newProgress(c *console, quiet bool) *progress {
	if quiet || !c.animated {
		return nil
	}
	return &progress{console: c, start: time.Now()}
}

// loaded tells how many objects have been read, of a number that is not known.
func (p *progress) loaded(objects int) {
	if p.ready(-1) {
		p.bar.Describe(fmt.Sprintf("reading objects: %d", objects))
	}
}

// judging returns the callback of one of several runs of the driver.
func (p *progress) judging(round, rounds int) func(done, total int) {
	return func(done, total int) {
		if p.ready(rounds * total) {
			_ = p.bar.Set(round*total + done) // a bar that cannot be drawn is no failure
		}
	}
}

// ready makes the bar when it is time and reports whether there is one. A total
// of -1 stands for one that is not known.
func (p *progress) ready(total int) bool {
	if p == nil || p.bar == nil && time.Since(p.start) < patience {
		return false
	}
	if p.bar != nil && p.bar.GetMax() == total {
		return true
	}
	p.clear()
	options := []progressbar.Option{
		progressbar.OptionSetWriter(p.console.stderr),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine that draws on its own
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish(),
	}
	if total >= 0 {
		options = append(options, progressbar.OptionSetDescription("judging"), progressbar.OptionShowCount())
	}
	p.bar = progressbar.NewOptions(total, options...)
	return true
}

// clear leaves the terminal as it was.
func (p *progress) clear() {
	if p != nil && p.bar != nil {
		_ = p.bar.Clear()
	}
}
