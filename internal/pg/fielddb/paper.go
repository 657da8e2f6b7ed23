package fielddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// PaperForm is a printed form and how far it has come.
type PaperForm struct {
	Code, CaseID, RoundID    string
	PrintedAt                time.Time
	Committee, CommitteeName string
	DrawID                   string
	Complete                 bool // the case has an answer
	Kinds                    []string
	By                       []string // who made the entries, in their order
}

const paperColumns = `f.code, f.case_id::text, f.round_id::text, f.printed_at, c.committee, coalesce(a.name, c.committee), c.draw_id::text,
	exists (select 1 from case_completion d where d.district = f.district and d.case_id = f.case_id),
	array(select e.kind from paper_entry e where e.district = f.district and e.code = f.code order by e.at, e.kind),
	array(select e.by_id::text from paper_entry e where e.district = f.district and e.code = f.code order by e.at, e.kind)
	from paper_form f join survey_case c on c.district = f.district and c.id = f.case_id left join area a on a.district = f.district and a.code = c.committee`

// InsertPaperForm books a form for a case; taken is true when case or code have one.
func InsertPaperForm(ctx context.Context, q pg.Querier, district, code, caseID, roundID, by string, at time.Time) (taken bool, err error) {
	tag, err := q.Exec(ctx, `insert into paper_form (district, code, case_id, round_id, printed_by, printed_at)
		values ($1,$2,$3,$4,nullif($5,'')::uuid,$6) on conflict do nothing`, district, code, caseID, roundID, by, at)
	return err == nil && tag.RowsAffected() == 0, err
}

// GetPaperForm finds a form by its code.
func GetPaperForm(ctx context.Context, q pg.Querier, district, code string) (PaperForm, error) {
	rows, err := q.Query(ctx, `select `+paperColumns+` where f.district = $1 and f.code = $2`, district, code)
	if err != nil {
		return PaperForm{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[PaperForm])
}

// PaperForms lists the forms of a round within an area.
func PaperForms(ctx context.Context, q pg.Querier, district, round, area string) ([]PaperForm, error) {
	rows, err := q.Query(ctx, `select `+paperColumns+` where f.district = $1 and f.round_id = $2 and starts_with(c.committee, $3) order by c.committee, f.code`, district, round, area)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[PaperForm])
}

// OpenCases lists cases of a committee that have neither answer nor form, in an
// order that tells nothing; of certain draws only where any are named.
func OpenCases(ctx context.Context, q pg.Querier, district, round, committee string, draws []string, limit int) ([]string, error) {
	rows, err := q.Query(ctx, `select c.id::text from survey_case c where c.district = $1 and c.round_id = $2 and c.committee = $3
		and not exists (select 1 from case_completion d where d.district = c.district and d.case_id = c.id)
		and not exists (select 1 from paper_form f where f.district = c.district and f.case_id = c.id)
		and not exists (select 1 from survey_case n where n.district = c.district and n.replaces = c.id)
		and (coalesce(cardinality($5::text[]), 0) = 0 or c.draw_id::text = any($5))
		order by c.id limit $4`, district, round, committee, limit, draws)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// PaperEntry is what one person read from a form.
type PaperEntry struct {
	Kind, By string
	Sealed   []byte
}

// PaperEntries returns what was read from a form.
func PaperEntries(ctx context.Context, q pg.Querier, district, code string) ([]PaperEntry, error) {
	rows, err := q.Query(ctx, `select kind, by_id::text, sealed from paper_entry where district = $1 and code = $2 order by at, kind`, district, code)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[PaperEntry])
}

// InsertPaperEntry adds an entry; taken is true when there is one of its kind
// or by its person.
func InsertPaperEntry(ctx context.Context, q pg.Querier, district, code string, e PaperEntry, at time.Time) (taken bool, err error) {
	tag, err := q.Exec(ctx, `insert into paper_entry (district, code, kind, by_id, sealed, at) values ($1,$2,$3,$4,$5,$6) on conflict do nothing`,
		district, code, e.Kind, e.By, e.Sealed, at)
	return err == nil && tag.RowsAffected() == 0, err
}

// Stored tells which of the ids are those of responses.
func Stored(ctx context.Context, q pg.Querier, district string, ids []string) (map[string]bool, error) {
	rows, err := q.Query(ctx, `select id::text from response where district = $1 and id = any($2::text[]::uuid[])`, district, ids)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	out := make(map[string]bool, len(list))
	for _, id := range list {
		out[id] = true
	}
	return out, err
}

// PaperPlaces lists the committees that have cases without answer and form, of
// certain draws only where any are named.
func PaperPlaces(ctx context.Context, q pg.Querier, district, round, area string, draws []string) ([][2]string, error) {
	rows, err := q.Query(ctx, `select c.committee, coalesce(max(a.name), c.committee) from survey_case c left join area a on a.district = c.district and a.code = c.committee
		where c.district = $1 and c.round_id = $2 and starts_with(c.committee, $3)
		and not exists (select 1 from case_completion d where d.district = c.district and d.case_id = c.id)
		and not exists (select 1 from paper_form f where f.district = c.district and f.case_id = c.id)
		and (coalesce(cardinality($4::text[]), 0) = 0 or c.draw_id::text = any($4))
		group by c.committee order by c.committee`, district, round, area, draws)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (p [2]string, err error) { return p, r.Scan(&p[0], &p[1]) })
}
