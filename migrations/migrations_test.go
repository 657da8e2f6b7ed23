package migrations_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/migrations"
)

func pool(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestFromEmptyToLatestAndAgain(t *testing.T) {
	t.Parallel()
	p := pool(t, testkit.EmptyURL(t))
	st, err := migrations.Status(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if st.Current != 0 || len(st.Pending) != migrations.Latest()+1 {
		t.Fatalf("an empty database reports %+v", st)
	}
	var steps []migrations.Step
	if err := migrations.Migrate(t.Context(), p, func(s migrations.Step) { steps = append(steps, s) }); err != nil {
		t.Fatal(err)
	}
	if len(steps) != migrations.Latest()+1 || steps[0].Number != 1 || steps[len(steps)-1].Name != "river" {
		t.Errorf("steps reported: %+v", steps)
	}
	if st, err = migrations.Status(t.Context(), p); err != nil || !st.Done() || st.Current != migrations.Latest() {
		t.Errorf("after migrating: %+v, %v", st, err)
	}
	steps = nil
	if err := migrations.Migrate(t.Context(), p, func(s migrations.Step) { steps = append(steps, s) }); err != nil || len(steps) != 0 {
		t.Errorf("migrating again did %v, %v; want nothing", steps, err)
	}
}

// TestSideBySide migrates one database from several instances and several
// databases of one cluster at the same time: the roles are the cluster's.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 3 {
		url := testkit.EmptyURL(t)
		for range 3 {
			wg.Go(func() {
				p, err := pgxpool.New(context.Background(), url)
				if err == nil {
					err = migrations.Migrate(context.Background(), p, nil)
					p.Close()
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
}

func TestNewerDatabaseIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := testkit.OwnerDB(t)
	if _, err := p.Exec(t.Context(), `update schema_version set version = 9999`); err != nil {
		t.Fatal(err)
	}
	err := migrations.Migrate(t.Context(), p, nil)
	if err == nil || !strings.Contains(err.Error(), "newer program") || !errs.Is(err, errs.Unavailable) {
		t.Errorf("migrate: %v, want a refusal", err)
	}
	if _, err := migrations.Status(t.Context(), p); err == nil {
		t.Error("status: want a refusal")
	}
	var v int
	if err := p.QueryRow(t.Context(), `select version from schema_version`).Scan(&v); err != nil || v != 9999 {
		t.Errorf("version %d, %v: was changed", v, err)
	}
}

// TestServiceCannotChangeFacts reads the grants themselves: the service role may
// neither update, delete nor truncate a table of facts, nor may it create
// anything, whatever the code does.
func TestServiceCannotChangeFacts(t *testing.T) {
	t.Parallel()
	p := testkit.DB(t)
	for _, table := range []string{"response", "audit_log"} {
		for _, right := range []string{"update", "delete", "truncate"} {
			var has bool
			err := p.QueryRow(t.Context(), `select has_table_privilege($1, $2)`, table, right).Scan(&has)
			if err != nil {
				t.Fatalf("%s: %v", table, err)
			}
			if has {
				t.Errorf("the service may %s %s", right, table)
			}
		}
	}
	for _, sql := range []string{`create table x (y int)`, `create role x`, `drop table audit_log`, `set role gongping_other`} {
		if _, err := p.Exec(t.Context(), sql); err == nil {
			t.Errorf("the service may %s", sql)
		}
	}
}

func TestServiceMayWorkTheQueue(t *testing.T) {
	t.Parallel()
	p := testkit.DB(t)
	for _, sql := range []string{`select count(*) from river_job`, `delete from river_job`, `update river_queue set metadata = '{}'`} {
		if _, err := p.Exec(t.Context(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestDistrictLeadsEveryKey keeps the schema partitionable: the district stands
// in every primary key and unique index of our own tables.
func TestDistrictLeadsEveryKey(t *testing.T) {
	t.Parallel()
	rows, err := testkit.OwnerDB(t).Query(t.Context(), `
		select i.indexrelid::regclass::text, c.relname
		from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
		where i.indisunique and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
		  and c.relname not like 'river\_%' and c.relname <> 'schema_version'
		  and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'district'
		                  and a.attnum = any (i.indkey::int2[]))`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var index, table string
		if err := rows.Scan(&index, &table); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s on %s leaves the district out", index, table)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestNamesAreNumberedWithoutGap(t *testing.T) {
	t.Parallel()
	for i, name := range migrations.Names() {
		if want := fmt.Sprintf("%04d_", i+1); !strings.HasPrefix(name, want) {
			t.Errorf("step %d is called %s, want %s…", i+1, name, want)
		}
	}
	if a, b := migrations.Digest(), migrations.Digest(); a != b || len(a) != 64 {
		t.Errorf("digests %s and %s", a, b)
	}
}
