package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gongping/internal/app/draws"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey/draw"
)

func drawTopUpCmd() *cobra.Command {
	var f drawFlags
	var w draws.TopUp
	var kind, due string
	c := &cobra.Command{Use: "topup ROUND CODE=N…", Short: "Commit a later batch of a round that was drawn, with fresh randomness", Args: cobra.MinimumNArgs(2),
		Long: `Commits N more residents in each committee (or stratum) named. Everybody whom an earlier
draw of the round holds, reserves included, is left out. "draw reveal" then draws it.`}
	c.RunE = f.run(func(c *cobra.Command, args []string, b *bench, who authz.Actor) error {
		at, err := time.Parse(time.RFC3339, due)
		if err != nil {
			return errs.New(errs.Invalid, "draw.due", "the time cannot be read").At("--due", due, "a time with zone", "for example 2026-12-08T22:00:00+08:00")
		}
		w.Randomness.Kind, w.Randomness.Due, w.Sizes = draw.RandomnessKind(kind), at, map[string]int{}
		for _, a := range args[1:] {
			code, n, _ := strings.Cut(a, "=")
			if w.Sizes[code], err = strconv.Atoi(n); err != nil {
				return errs.New(errs.Invalid, "draw.topup_size", "the top-up cannot be drawn like this").At("CODE=N", a, "a committee or stratum and a number", "for example 310104003001=12")
			}
		}
		id, err := b.Draws.CommitTopUp(c.Context(), who, args[0], w)
		if err != nil {
			return err
		}
		p, err := b.Draws.Publication(c.Context(), who.District, id)
		if err != nil {
			return err
		}
		if f.json {
			return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"commitment": id, "digest": fmt.Sprintf("%x", p.Commitment.Digest), "document": p.Commitment.Document})
		}
		fmt.Fprintf(c.OutOrStdout(), "commitment %s\ndigest     %x\npublish    /d/%s\n", id, p.Commitment.Digest, id)
		return nil
	})
	fl := c.Flags()
	fl.StringVar(&kind, "kind", "lottery", "lottery, dice or beacon")
	fl.StringVar(&w.Randomness.Name, "name", "", "which event exactly; never one that was named before")
	fl.StringVar(&due, "due", "", "when it will exist at the earliest (RFC 3339)")
	fl.StringVar(&w.Purpose, "purpose", "", "name of the draw (default: made from the round)")
	_, _ = c.MarkFlagRequired("name"), c.MarkFlagRequired("due")
	f.add(c)
	f.as(c)
	return c
}
