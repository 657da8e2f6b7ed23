// Package simreport renders the result of a simulation of the estimators as a
// table for the terminal and as one HTML page with inline SVG charts. The page
// needs no script and loads nothing.
package simreport

import (
	"fmt"
	"io"
	"text/tabwriter"

	"gongping/scoring/simulate"
)

// Table writes one block per cell and, at the end, the targets that were missed.
func Table(w io.Writer, r *simulate.Report) error {
	for i := range r.Cells {
		if err := block(w, &r.Cells[i], r.Config.Reps); err != nil {
			return err
		}
	}
	return targets(w, r)
}

func block(w io.Writer, c *simulate.Cell, rounds int) error {
	if _, err := fmt.Fprintf(w, "\n%s  (n=%d, items=%d, true SD %.2f)\n", c.Title, c.N, c.Items, c.TrueSD); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "estimator\tRMSE\t±\tbias\tcoverage\twrong band\tbottom tenth\thostile 1\thostile 5\tcoached 1\tkept\tcoached units\t")
	for _, m := range c.Measures {
		fmt.Fprintf(t, "%s\t%.3f\t%s\t%+.2f\t%s\t%.3f\t%.3f\t%+.2f\t%+.2f\t%+.2f\t%s\t%s\t\n", m.Estimator, m.RMSE, spread(rounds, &m.RMSEError, "%.3f"), m.Bias,
			opt(m.Coverage, "%.3f"), m.WrongBand, m.Bottom, m.ShiftLow[0], m.ShiftLow[simulate.MaxWorst-1], m.ShiftHigh[0],
			opt(m.Kept, "%.2f"), opt(m.CoachBias, "%+.2f"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "one band given to %.0f%% of the units, wrong in %s of them\n", 100*c.BandGiven, opt(c.BandGivenWrong, "%.2f"))
	return err
}

func opt(x *float64, format string) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf(format, *x)
}

// spread shows a standard error over the rounds, which one round does not have.
func spread(rounds int, x *float64, format string) string {
	if rounds < 2 {
		return "-"
	}
	return opt(x, format)
}

// targets lists the targets that were not met, and those that no estimator
// with full knowledge of the generator meets either.
func targets(w io.Writer, r *simulate.Report) error {
	met, beyond, missed := r.Count()
	if _, err := fmt.Fprintf(w, "\nTargets: %d met, %d beyond what the marks allow (the oracle misses them too, or truth and attack give the same marks), %d missed\n", met, beyond, missed); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range r.Cells {
		for _, v := range c.Verdicts {
			if v.Status != simulate.Met {
				fmt.Fprintf(t, "%s\t%s\tn=%d\titems=%d\t%s\t%.4f\tlimit %.4f\tslack %.4f\toracle %s\n",
					v.Status, c.Scenario, c.N, c.Items, v.Target, v.Value, v.Limit, v.Slack, opt(v.Oracle, "%.4f"))
			}
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return differences(w, r)
}

// differences lists how far the official estimator is from the best of the others,
// with the standard error of the paired difference over the rounds, and the least
// error that one who knows the generator can have and keep the limit on one hostile
// answer.
func differences(w io.Writer, r *simulate.Report) error {
	if _, err := fmt.Fprint(w, "\nOfficial less the best of raw, EB and Huber, with the standard error of the paired difference\n"); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "scenario\tn\titems\tRMSE\t±\twrong band\t±\tbottom tenth\t±\tRMSE\tbest other\tbound with the limit\toracle\t")
	for _, c := range r.Cells {
		fmt.Fprintf(t, "%s\t%d\t%d\t", c.Scenario, c.N, c.Items)
		for _, v := range c.Verdicts[:3] {
			fmt.Fprintf(t, "%+.4f\t%s\t", v.Value-v.Limit, spread(r.Config.Reps, v.SE, "%.4f"))
		}
		v := c.Verdicts[0]
		fmt.Fprintf(t, "%.4f\t%.4f\t%s\t%s\t\n", v.Value, v.Limit, opt(v.Bound, "%.4f"), opt(v.Oracle, "%.4f"))
	}
	return t.Flush()
}
