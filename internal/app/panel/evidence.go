package panel

import (
	"context"
	"crypto/sha256"

	"gongping/internal/app"
	"gongping/internal/app/appeals"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/paneldb"
	"gongping/internal/pg/rounddb"
)

// MaxFiles is how many files a committee may have in a round.
const MaxFiles = 50

// File is an attached file as shown in a list.
type File struct {
	paneldb.Evidence
	Title string // the name, opened
	KB    int
}

// Attach seals a file that reviewers may rate by. criterion "" is all criteria.
func (s *Service) Attach(ctx context.Context, who authz.Actor, roundID, committee, criterion, name string, content []byte) (string, error) {
	media, err := appeals.CheckFile(name, content)
	if err != nil {
		return "", err
	}
	id, digest := app.NewID(), sha256.Sum256(content)
	err = s.Write(ctx, who, authz.PanelEvidence, authz.Object{Area: committee}, func(ctx context.Context, tx *app.Tx) error {
		if who.Role != authz.Manager && who.Role != authz.Panel {
			return errs.New(errs.Forbidden, "panel.attach_role", "only reviewers and managers attach files")
		}
		if err := s.concerns(ctx, tx, who, roundID, committee); err != nil {
			return err
		}
		have, err := paneldb.EvidenceOf(ctx, tx, who.District, roundID, committee)
		if err != nil {
			return err
		}
		if len(have) >= MaxFiles {
			return errs.New(errs.Barred, "panel.files_many", "the committee has as many files as it may have")
		}
		if r := []rune(name); len(r) > 120 {
			name = string(r[:120])
		}
		tx.Record("panel_evidence", id, committee, map[string]any{"round": roundID, "criterion": criterion, "bytes": len(content)})
		return paneldb.AddEvidence(ctx, tx, who.District, roundID, paneldb.Evidence{ID: id, Committee: committee, Criterion: criterion, MediaType: media,
			Size: len(content), Digest: digest[:], By: who.AccountID, At: tx.Now, Name: s.Seal.Seal([]byte(name), "panel-name/"+id)},
			s.Seal.Seal(content, "panel-evidence/"+id))
	})
	return id, err
}

// concerns refuses a member who does not rate the committee.
func (s *Service) concerns(ctx context.Context, db pg.Querier, who authz.Actor, roundID, committee string) error {
	if who.Role != authz.Panel {
		r, err := rounddb.Get(ctx, db, who.District, roundID)
		if err != nil {
			return app.NotFound(err, "round")
		}
		list, err := paneldb.Committees(ctx, db, who.District, roundID, r.AreaCode)
		if err == nil && !has(list, committee) {
			err = errs.New(errs.NotFound, "panel.committee_unknown", "the round has no such committee")
		}
		return err
	}
	sheet, err := read(ctx, db, who, roundID)
	if err != nil {
		return err
	}
	if !has(sheet.Committees, committee) {
		return errs.New(errs.NotFound, "panel.committee_unknown", "the round has no such committee")
	}
	return nil
}

// Files lists the files of a committee.
func (s *Service) Files(ctx context.Context, who authz.Actor, roundID, committee string) (list []File, err error) {
	err = s.Read(ctx, who, authz.PanelEvidence, authz.Object{Area: committee}, func(ctx context.Context, db pg.Querier) error {
		if err := s.concerns(ctx, db, who, roundID, committee); err != nil {
			return err
		}
		all, err := paneldb.EvidenceOf(ctx, db, who.District, roundID, committee)
		for _, e := range all {
			name, err := s.Seal.Open(e.Name, "panel-name/"+e.ID)
			if err != nil {
				return err
			}
			list = append(list, File{e, string(name), (e.Size + 1023) / 1024})
		}
		return err
	})
	return list, err
}

// Open returns a file. It leaves a trace.
func (s *Service) Open(ctx context.Context, who authz.Actor, roundID, id string) (f File, content []byte, err error) {
	err = s.Write(ctx, who, authz.PanelEvidence, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		e, sealed, err := paneldb.EvidenceContent(ctx, tx, who.District, roundID, id)
		if err != nil {
			return app.NotFound(err, "evidence")
		}
		if err := tx.Check(authz.Object{Area: e.Committee}); err != nil {
			return err
		}
		if err := s.concerns(ctx, tx, who, roundID, e.Committee); err != nil {
			return err
		}
		name, err := s.Seal.Open(e.Name, "panel-name/"+e.ID)
		if err != nil {
			return err
		}
		f = File{e, string(name), (e.Size + 1023) / 1024}
		tx.Record("panel_evidence", e.ID, e.Committee, map[string]any{"round": roundID, "opened": true})
		content, err = s.Seal.Open(sealed, "panel-evidence/"+e.ID)
		return err
	})
	return f, content, err
}
