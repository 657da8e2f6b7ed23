package draws

import (
	"bufio"
	"context"
	"io"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
)

// AnnexFile makes the annex of a draw whose units are households
// (docs/spec/draw-v1.md, section 8a): it says by frame ids who lives together
// and who of each household was drawn. It is for auditors; that one was made
// stands in the log. The reader must be closed.
func (s *Service) AnnexFile(ctx context.Context, who authz.Actor, drawID string) (io.ReadCloser, error) {
	f, err := newTemporary("gongping-annex-")
	if err != nil {
		return nil, err
	}
	err = s.Write(ctx, who, authz.DrawAnnex, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		d, err := drawdb.GetDraw(ctx, tx, who.District, drawID)
		if err != nil {
			return app.NotFound(err, "draw")
		}
		_, r, err := s.load(ctx, tx, who.District, d.CommitmentID)
		if err != nil {
			return err
		}
		if err := tx.Check(authz.Object{Area: r.AreaCode}); err != nil {
			return err
		}
		tx.Record("draw", d.ID, r.AreaCode, nil)
		if _, err := f.Seek(0, io.SeekStart); err != nil { // the transaction may be run again
			return err
		}
		if err := f.Truncate(0); err != nil {
			return err
		}
		w := bufio.NewWriterSize(f, 1<<16)
		if err := s.annex(ctx, tx, who.District, d, w); err != nil {
			return err
		}
		return w.Flush()
	})
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (s *Service) annex(ctx context.Context, db pg.Querier, district string, d drawdb.Draw, w io.Writer) error {
	committed, err := s.loaded(ctx, db, district, d.CommitmentID)
	if err != nil {
		return err
	}
	stored, from := committed.stored, committed.from
	if from.homes == nil {
		return errs.New(errs.Barred, "draw.no_annex", "the units of this draw are persons; it has no annex")
	}
	persons, err := drawdb.Selection(ctx, db, district, d.ID)
	if err != nil {
		return err
	}
	return from.homes.WriteAnnex(w, drawdb.Sum(stored.Digest), drawdb.Sum(d.Digest), persons)
}
