package main

import (
	"io"
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress is a bar on a terminal and silence elsewhere.
type progress struct {
	box *mpb.Progress
	bar *mpb.Bar
}

// newProgress starts a bar of total steps; 0 means that the end is not known
// and only the count is shown.
func newProgress(w io.Writer, name string, total int64) *progress {
	if !terminal(w) {
		return &progress{}
	}
	box := mpb.New(mpb.WithOutput(w), mpb.WithWidth(48))
	if total <= 0 {
		return &progress{box: box, bar: box.New(0, mpb.SpinnerStyle(), mpb.PrependDecorators(decor.Name(name+" ")),
			mpb.AppendDecorators(decor.CurrentNoUnit("%d")), mpb.BarRemoveOnComplete())}
	}
	bar := box.New(total, mpb.BarStyle(), mpb.PrependDecorators(decor.Name(name+" ")),
		mpb.AppendDecorators(decor.CountersNoUnit("%d/%d "), decor.Percentage()), mpb.BarRemoveOnComplete())
	return &progress{box: box, bar: bar}
}

// Add moves the bar on by n.
func (p *progress) Add(n int) {
	if p.bar != nil {
		p.bar.IncrBy(n)
	}
}

// Done ends the bar, finished or not.
func (p *progress) Done() {
	if p.bar != nil {
		if !p.bar.Completed() {
			p.bar.Abort(true)
		}
		p.box.Wait()
		p.bar = nil
	}
}

// terminal reports whether somebody is watching w.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
