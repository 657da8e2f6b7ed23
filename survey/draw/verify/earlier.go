package verify

import (
	"io"
	"strings"
)

// home is a household of the frame.
type home struct{ area, household string }

// TopUp verifies the bundle of a top-up and those of the earlier draws of its
// round, all with one key, and compares whom it excludes with whom they hold:
// exactly their samples and reserves and, where a stratum was drawn in two
// stages, everybody else of their households. Otherwise a top-up could keep
// out whom it pleased.
func TopUp(in io.Reader, trustedKey string, earlier ...io.Reader) (*Report, error) {
	held, twoStage := map[string]home{}, false
	var before []*Report
	for _, e := range earlier {
		rep, err := bundle(e, trustedKey, func(d *documents) watch {
			drawn := map[string]bool{}
			for _, l := range strings.Split(string(d.text["sample.csv"]), "\n") {
				if cell := strings.Split(l, ","); len(cell) == 7 {
					drawn[cell[4]] = true
				}
			}
			return func(cell []string, _ bool) {
				if drawn[cell[0]] {
					held[cell[0]] = home{cell[1], cell[5]}
				}
			}
		})
		if err != nil {
			return nil, err
		}
		trustedKey, twoStage, before = rep.PublicKey, twoStage || rep.twoStage, append(before, rep)
	}
	homes := map[home]bool{}
	for _, h := range held {
		homes[h] = twoStage && h.household != ""
	}
	odd, wrongly := "", false // the first that differs, and whether it is kept out
	rep, err := bundle(in, trustedKey, func(*documents) watch {
		return func(cell []string, excluded bool) {
			_, drawn := held[cell[0]]
			if drawn = drawn || homes[home{cell[1], cell[5]}]; odd == "" && drawn != excluded {
				odd, wrongly = cell[0], excluded
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, b := range before {
		if rep.Kind != "topup" || b.FrameDigest != rep.FrameDigest || b.CommittedAt >= rep.CommittedAt {
			return nil, fault("earlier", "draw %s does not come before draw %s of the same frame", b.Purpose, rep.Purpose)
		}
	}
	switch {
	case odd == "":
		return rep, nil
	case wrongly:
		return nil, fault("earlier", "%s is excluded, but no earlier draw given holds it", odd)
	}
	return nil, fault("earlier", "%s is held by an earlier draw, but not excluded", odd)
}
