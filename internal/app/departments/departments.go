// Package departments holds the use cases of functional departments: the list
// of them, the card of each, and the replies with which a department answers
// for what was found to be its matter. A card holds counts, never words.
package departments

import (
	"context"
	"strings"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/rounddb"
)

// Service is the room of the departments.
type Service struct{ *app.Core }

// maxReply is the longest reply, in characters; maxList the most departments.
const (
	maxReply = 2000
	maxName  = 60
	maxList  = 200
)

// List lists the departments that the actor may see, by code.
func (s *Service) List(ctx context.Context, who authz.Actor) (list []departmentdb.Department, err error) {
	err = s.Read(ctx, who, authz.DepartmentRead, authz.Object{Department: who.Department}, func(ctx context.Context, db pg.Querier) error {
		all, err := departmentdb.List(ctx, db, who.District)
		for _, d := range all {
			if authz.May(who, authz.DepartmentRead, authz.Object{Department: d.Code}) {
				list = append(list, d)
			}
		}
		return err
	})
	return list, err
}

// Save adds departments or renames them.
func (s *Service) Save(ctx context.Context, who authz.Actor, list []departmentdb.Department) error {
	if err := check(list); err != nil {
		return err
	}
	return s.Write(ctx, who, authz.DepartmentEdit, authz.Object{Area: who.District}, func(ctx context.Context, tx *app.Tx) error {
		tx.Record("department", "", who.District, map[string]any{"saved": len(list)})
		return departmentdb.Save(ctx, tx, who.District, list, tx.Now)
	})
}

// check trims names and refuses what cannot be a department.
func check(list []departmentdb.Department) error {
	bad := func(field, found, want string) error {
		return errs.New(errs.Invalid, "department.invalid", "the department cannot be saved").At(field, found, want, "change it and try again")
	}
	if len(list) == 0 || len(list) > maxList {
		return bad("departments", "", "1 to 200 departments")
	}
	seen := map[string]bool{}
	for i := range list {
		d := &list[i]
		d.Code, d.Name, d.NameEN = strings.ToLower(strings.TrimSpace(d.Code)), strings.TrimSpace(d.Name), strings.TrimSpace(d.NameEN)
		switch {
		case !departmentdb.ValidCode(d.Code) || seen[d.Code]:
			return bad("code", d.Code, "a letter, then 1 to 30 of a–z, 0–9 and underscore; each code once")
		case d.Name == "" || utf8.RuneCountInString(d.Name) > maxName:
			return bad("name", d.Name, "1 to 60 characters")
		case utf8.RuneCountInString(d.NameEN) > maxName:
			return bad("name_en", d.NameEN, "at most 60 characters")
		}
		seen[d.Code] = true
	}
	return nil
}

// Card is what is known of a department.
type Card struct {
	Department departmentdb.Department
	Replies    []departmentdb.Reply
	MayReply   bool
	Periods    []Period // what was placed with it, newest first
	Split      *Split   // of the newest round, nil where no published run has one
}

// Card returns the card of a department.
func (s *Service) Card(ctx context.Context, who authz.Actor, code, lang string) (c Card, err error) {
	err = s.Read(ctx, who, authz.DepartmentRead, authz.Object{Department: code}, func(ctx context.Context, db pg.Querier) error {
		if c.Department, err = departmentdb.Get(ctx, db, who.District, code); err != nil {
			return app.NotFound(err, "department")
		}
		c.MayReply = authz.May(who, authz.DepartmentReply, authz.Object{Department: code})
		if c.Replies, err = departmentdb.Replies(ctx, db, who.District, code); err != nil {
			return err
		}
		if c.Periods, err = causes(ctx, db, who, code, lang); err != nil {
			return err
		}
		c.Split, err = split(ctx, db, who, code, lang, c.Periods)
		return err
	})
	return c, err
}

// Reply appends the department's answer. roundID and topic may be empty.
func (s *Service) Reply(ctx context.Context, who authz.Actor, code string, r departmentdb.Reply) error {
	r.Body, r.Topic = strings.TrimSpace(r.Body), strings.TrimSpace(r.Topic)
	if n := utf8.RuneCountInString(r.Body); n == 0 || n > maxReply {
		return errs.New(errs.Invalid, "department.reply_length", "a reply has 1 to 2000 characters").At("body", "", "1 to 2000 characters", "write a reply, or shorten it")
	}
	if utf8.RuneCountInString(r.Topic) > maxName {
		return errs.New(errs.Invalid, "department.reply_topic", "the subject is too long").At("topic", "", "at most 60 characters", "shorten it")
	}
	return s.Write(ctx, who, authz.DepartmentReply, authz.Object{Department: code}, func(ctx context.Context, tx *app.Tx) error {
		if _, err := departmentdb.Get(ctx, tx, who.District, code); err != nil {
			return app.NotFound(err, "department")
		}
		if r.RoundID != "" {
			if _, err := rounddb.Get(ctx, tx, who.District, r.RoundID); err != nil {
				return app.NotFound(err, "round")
			}
		}
		r.ID, r.At = app.NewID(), tx.Now
		tx.Record("department", code, who.District, map[string]any{"reply": r.ID, "round": r.RoundID})
		return departmentdb.InsertReply(ctx, tx, who.District, code, who.AccountID, r)
	})
}
