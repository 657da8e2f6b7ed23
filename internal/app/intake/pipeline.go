package intake

import (
	"context"
	"crypto/rand"
	"runtime"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/intakedb"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
	"gongping/survey/frame"
)

// batchRows is how many residents are sealed and copied at a time.
const batchRows = 8192

// pipeline reads, seals and copies a frame: one goroutine parses, a few do the
// cryptography, and the caller's own feeds the transaction.
type pipeline struct {
	service  *Service
	secret   frame.Secret
	frame    string
	district string
	prog     Progress
	total    int64
	skip     func(chunk, rows int) bool // staged before; nil skips none
}

// rawBatch and sealedBatch are the chunk'th batchRows residents of the file.
type rawBatch struct {
	chunk  int
	people []frame.Resident
}

type sealedBatch struct {
	chunk  int
	people []intakedb.StagedPerson
}

func newSecret(s *frame.Secret) { rand.Read(s[:]) }

// run stores a whole file in one transaction and returns how many residents it
// held.
func (p *pipeline) run(ctx context.Context, tx pgx.Tx, src Source) (int, error) {
	return p.each(ctx, src, func(ctx context.Context, b sealedBatch) error {
		people := make([]intakedb.Person, len(b.people))
		for i := range b.people {
			people[i] = b.people[i].Person
		}
		return intakedb.CopyPeople(ctx, tx, p.district, p.frame, people)
	})
}

// each reads the file, seals every batch that is not skipped, and gives it to
// store, one at a time. It returns the number of residents in the file.
func (p *pipeline) each(ctx context.Context, src Source, store func(context.Context, sealedBatch) error) (int, error) {
	g, gctx := errgroup.WithContext(ctx)
	raw := make(chan rawBatch, 1)
	sealed := make(chan sealedBatch, 1)
	seen := 0
	g.Go(func() error {
		defer close(raw)
		return parseResidents(gctx, src, func(b rawBatch) error {
			seen += len(b.people)
			if p.skip != nil && p.skip(b.chunk, len(b.people)) {
				p.prog.at(Storing, int64(seen), p.total)
				return nil
			}
			select {
			case raw <- b:
				return nil
			case <-gctx.Done():
				return gctx.Err()
			}
		})
	})
	workers, wctx := errgroup.WithContext(gctx)
	for range max(1, runtime.GOMAXPROCS(0)-1) {
		workers.Go(func() error {
			for batch := range raw {
				select {
				case sealed <- p.seal(batch):
				case <-wctx.Done():
					return wctx.Err()
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(sealed)
		return workers.Wait()
	})
	g.Go(func() error {
		for batch := range sealed {
			if err := store(gctx, batch); err != nil {
				return err
			}
			p.prog.at(Storing, min(int64(batch.chunk+1)*batchRows, p.total), p.total)
		}
		return nil
	})
	err := g.Wait()
	return seen, err
}

// parseResidents reads the file again. A fault here means that it is not the
// file that was checked.
func parseResidents(ctx context.Context, src Source, send func(rawBatch) error) error {
	f, err := tabular.Open(src.File, src.Size, tabular.Limits{})
	if err != nil {
		return err
	}
	defer f.Close()
	_, rows, err := f.Read(&layout.Residents)
	if err != nil {
		return err
	}
	batch := rawBatch{people: make([]frame.Resident, 0, batchRows)}
	for r, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if len(r.Faults) > 0 {
			return errs.New(errs.Conflict, "intake.changed", "the file has changed since it was previewed")
		}
		if batch.people = append(batch.people, layout.Resident(r)); len(batch.people) == batchRows {
			if err := send(batch); err != nil {
				return err
			}
			batch = rawBatch{batch.chunk + 1, make([]frame.Resident, 0, batchRows)}
		}
	}
	if len(batch.people) == 0 {
		return nil
	}
	return send(batch)
}

// seal turns residents into what is stored: the published entry with what the
// sampling needs, and the sealed private record.
func (p *pipeline) seal(raw rawBatch) sealedBatch {
	batch, out := raw.people, make([]intakedb.StagedPerson, len(raw.people))
	var home, homeOf, house, houseOf string // the household and building of the row before
	var committee string
	for i := range batch {
		r := &batch[i]
		e := p.secret.Entry(r)
		if r.Committee() != committee {
			committee, home, house = r.Committee(), "", ""
		}
		if r.Household != home || homeOf == "" {
			home, homeOf = r.Household, p.secret.Pseudonym("h", committee, r.Household)
		}
		if r.Building != house {
			if house, houseOf = r.Building, ""; house != "" {
				houseOf = p.secret.Pseudonym("b", committee, house)
			}
		} else if house == "" {
			houseOf = ""
		}
		out[i].Row, out[i].Alike = r.Row, p.secret.Alike(r)
		out[i].Person = intakedb.Person{ID: e.FrameID, Committee: committee, Private: e.Private[:], Household: homeOf, Building: houseOf,
			Sex: string(r.Sex), BirthYear: int16(r.BirthYear), Tenure: string(r.Tenure), Contact: int16(r.Contact), Status: string(r.Status),
			Sealed: p.service.Seal.Seal(frame.EncodeRecord(r), frame.RecordLabel(p.frame, e.FrameID))}
		if frame.LevelOf(r.Area) == frame.Grid {
			out[i].Grid = r.Area
		}
	}
	return sealedBatch{raw.chunk, out}
}

// twice explains a person who stands in the file twice, found by the key of the
// table because the file was too large for the checker's memory.
func twice(err error) error {
	if pg.Duplicate(err) {
		return errs.Wrap(err, errs.Invalid, "intake.person_twice", "a person stands in the table twice; nothing was imported").
			At("column person", "", "each person once", "remove the repeated rows and import again")
	}
	return err
}
