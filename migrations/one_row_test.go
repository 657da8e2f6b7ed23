package migrations_test

import (
	"os"
	"testing"

	"github.com/jackc/tern/v2/migrate"

	"gongping/internal/testkit"
	"gongping/migrations"
)

// TestAnswersMoveIntoOneRow brings a database with answers over step 23, which
// puts seconds and receipts into the answer's row and completion beside the
// sealed link: nothing is lost, and the order of rows tells nothing.
func TestAnswersMoveIntoOneRow(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p := pool(t, testkit.EmptyURL(t))
	conn, err := p.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m, err := migrate.NewMigrator(ctx, conn.Conn(), "public.schema_version")
	if err == nil {
		err = m.LoadMigrations(os.DirFS("."))
	}
	if err == nil {
		err = m.MigrateTo(ctx, oneRow-1)
	}
	if err != nil {
		t.Fatal(err)
	}
	// Answers 1 to 40 in order of their ids; the case of each is numbered
	// backwards. The 41st was imported: no case, no seconds, no receipt. Case 99
	// was completed without a link.
	for _, sql := range []string{
		`set session_replication_role = replica`, // there is no round here
		`insert into response (district, id, round_id, questionnaire_version, committee, stratum, design_weight, mode, answers, digest, day)
			select 'd', lpad(i::text, 32, '0')::uuid, gen_random_uuid(), 1, 'c', 's', 1, 'door', '{}', '\x00', '2026-11-01'::date + i from generate_series(1, 41) i`,
		`insert into response_paradata select 'd', lpad(i::text, 32, '0')::uuid, jsonb_build_object('seconds', i) from generate_series(1, 40) i`,
		`insert into response_receipt select 'd', sha256(i::text::bytea), lpad(i::text, 32, '0')::uuid from generate_series(1, 40) i`,
		`insert into identity.response_case select 'd', lpad(i::text, 32, '0')::uuid, lpad((41 - i)::text, 32, '0')::uuid from generate_series(1, 40) i`,
		`insert into case_completion select 'd', lpad((41 - i)::text, 32, '0')::uuid, '2026-11-01'::date + i from generate_series(1, 40) i
			union all select 'd', lpad('99', 32, '0')::uuid, '2026-11-30'`,
		`reset session_replication_role`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatalf("%v in %s", err, sql)
		}
	}
	conn.Release()
	if err := migrations.Migrate(ctx, p, nil); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]int{
		`select count(*) from response`: 41,
		`select count(*) from response r join identity.response_case x on x.response_id = r.id
			where paradata = jsonb_build_object('seconds', ltrim(replace(r.id::text, '-', ''), '0')::int)
			  and receipt_hash = sha256(ltrim(replace(r.id::text, '-', ''), '0')::bytea)
			  and ltrim(replace(r.id::text, '-', ''), '0')::int + ltrim(replace(x.case_id::text, '-', ''), '0')::int = 41 and x.day = r.day`: 40,
		`select count(*) from response where paradata is null and receipt_hash is null`:                                                           1,
		`select count(*) from case_completion`:                                                                                                    41,
		`select count(*) from identity.response_case where response_id is null and day = '2026-11-30'`:                                            1,
		`select count(*) from (select case_id, lag(case_id) over (order by ctid) as before from identity.response_case) x where case_id < before`: 0,
	} {
		var got int
		if err := p.QueryRow(ctx, sql).Scan(&got); err != nil || got != want {
			t.Errorf("%d, want %d, %v: %s", got, want, err, sql)
		}
	}
	for _, sql := range []string{`update response set paradata = null`, `delete from identity.response_case`, `truncate identity.response_case`} {
		if _, err := p.Exec(ctx, sql); err == nil {
			t.Errorf("the owner may %s", sql)
		}
	}
}

// oneRow is the step that this test is about.
const oneRow = 23
