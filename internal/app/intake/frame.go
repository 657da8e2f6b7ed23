package intake

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"slices"
	"strings"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
	"gongping/survey/frame"
)

// checkFrame is the first pass over a frame of residents. Memory: a few bytes
// per person to find repetitions (bounded, see frame.Checker) and eight bytes
// per household.
func (s *Service) checkFrame(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) error {
	if p.Name = strings.TrimSpace(p.Name); p.Name == "" || len([]rune(p.Name)) > 100 {
		return errs.New(errs.Invalid, "intake.frame_name", "a frame needs a name").
			At("name", p.Name, "1 to 100 characters, the same for every edition of one frame", "for example: 2026 居民库")
	}
	large := p.stagedImport(src)
	if large {
		if again, err := s.resumed(ctx, q, who, src, p); again || err != nil {
			return err
		}
	}
	tree, err := loadTree(ctx, q, who.District)
	if err != nil {
		return err
	}
	checker := frame.NewChecker(tree, p.at.Year())
	if src.Size > largeFile {
		// Repetitions and households of so many are found in the staging.
		checker.MaxTracked = 1
	}
	homes := distinct{seed: maphash.MakeSeed()}
	committees := map[string]bool{}
	noContact := 0
	ok, err := scan(ctx, src, &layout.Residents, tabular.Limits{}, p, prog, func(r *tabular.Row) {
		x := layout.Resident(r)
		faults, warnings := checker.Check(&x)
		if f := outside(r, x.Area, who); f != nil {
			faults = append(faults, f)
		}
		p.fault(faults...)
		p.warn(warnings...)
		if len(faults) > 0 {
			return
		}
		if src.Size <= largeFile {
			homes.add(x.Committee(), x.Household)
		}
		if c := x.Committee(); !committees[c] {
			committees[strings.Clone(c)] = true
		}
		if x.Contact == 0 {
			noContact++
		}
	})
	if err != nil || !ok {
		return err
	}
	p.households, p.alike = homes.count(), checker.Near
	p.count("people", p.OK())
	if src.Size <= largeFile {
		p.count("households", p.households)
	}
	p.count("committees", len(committees))
	p.count("no_contact", noContact)
	if src.Size <= largeFile { // of larger files the staging counts them
		p.count("alike", p.alike)
	}
	same, err := intakedb.ImportedBefore(ctx, q, who.District, string(Frame), src.Digest[:])
	if err != nil {
		return err
	}
	if same {
		p.warn(errs.New(errs.Done, "intake.same_file", "this very file has been imported before").
			At(p.File, p.Digest[:16]+"…", "a new edition", "confirm only if a second copy is wanted"))
	}
	return nil
}

// distinct counts different households by their 64-bit hashes: one collision
// in a district of a million households is expected once in 37 million imports.
type distinct struct {
	seed   maphash.Seed
	all    []uint64
	sorted int // all[:sorted] is sorted and without repetition
}

func (d *distinct) add(committee, household string) {
	var h maphash.Hash
	h.SetSeed(d.seed)
	h.WriteString(committee)
	h.WriteByte(0)
	h.WriteString(household)
	d.all = append(d.all, h.Sum64())
	if len(d.all) > 2*d.sorted+1<<20 {
		d.count()
	}
}

func (d *distinct) count() int {
	slices.Sort(d.all)
	d.all = slices.Compact(d.all)
	d.sorted = len(d.all)
	return d.sorted
}

// importNote is what an import of a frame leaves beside its fingerprint: what
// only the file could tell.
type importNote struct {
	Name  string `json:"frame"`
	Alike int    `json:"near_duplicates"`
}

// storeFrame is the second pass: it seals, encodes and copies every resident
// in one transaction, in batches, so that memory does not grow with the frame.
func (s *Service) storeFrame(ctx context.Context, tx *app.Tx, src Source, p *Preview, out *Outcome, prog Progress) error {
	n, err := json.Marshal(importNote{p.Name, p.alike})
	if err != nil {
		return err
	}
	if err := insertBatch(ctx, tx, p, out, string(n)); err != nil {
		return err
	}
	out.FrameID = app.NewID()
	pipe := &pipeline{service: s, frame: out.FrameID, district: tx.Actor.District, prog: prog, total: int64(p.Rows)}
	newSecret(&pipe.secret)
	err = intakedb.InsertFrame(ctx, tx, tx.Actor.District, intakedb.Frame{ID: out.FrameID, Name: p.Name, ImportID: out.ImportID,
		Sealed: s.Seal.Seal(pipe.secret[:], frame.SecretLabel(out.FrameID)), People: int64(p.Rows), Households: int64(p.households),
		By: tx.Actor.AccountID, At: tx.Now})
	if err != nil {
		return err
	}
	stored, err := pipe.run(ctx, tx, src)
	if err != nil {
		return twice(err)
	}
	if stored != p.Rows {
		return errs.New(errs.Conflict, "intake.changed", "the file has changed since it was previewed")
	}
	d := out.detail(p)
	d["import"] = out.ImportID
	tx.Record("frame", out.FrameID, tx.Actor.Area, d)
	return nil
}
