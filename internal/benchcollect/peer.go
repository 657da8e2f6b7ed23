package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gongping/internal/pg"
)

// rows is what pgbench inserts for a submission.
type rows int

const (
	oneRow   rows = iota // the answer's row; its values come with every statement, as answers do
	constant             // the same row written into the statement, which is then parsed once and for all
	bothRows             // also the completed case's, into a table of the same form
)

// statement is what pgbench runs, and the values that it sends along.
func (b *bench) statement(ctx context.Context, what rows) (sql string, values []string, err error) {
	answers, err := json.Marshal(b.Answers)
	if err != nil {
		return "", nil, err
	}
	columns := []string{"district", "round_id", "questionnaire_version", "committee", "stratum", "design_weight", "sex", "age_band", "tenure", "building", "household",
		"mode", "evaluator_id", "answers", "digest", "day", "paradata"}
	row := []string{district, b.Round.ID, "1", committee, committee, "10", "f", "45-59", "owner", "0123456789abcdef", "0123456789abcdef",
		"door", b.Who.AccountID, string(answers), `\x` + strings.Repeat("ab", 32), time.Now().Format(time.DateOnly), `{"seconds":120,"hour":18}`}
	given := make([]string, len(row))
	for i, c := range columns {
		given[i] = ":" + c
		if what == constant {
			given[i] = "'" + row[i] + "'"
			continue
		}
		values = append(values, "-D", c+"="+row[i])
	}
	sql = "insert into response (id, cluster, " + strings.Join(columns, ", ") + ") values (gen_random_uuid(), '', " + strings.Join(given, ", ") + ")"
	if what == bothRows {
		if _, err := b.owner.Exec(ctx, `create table if not exists bench_case (like identity.response_case including indexes);
			grant insert on bench_case to `+pg.ServiceRole); err != nil {
			return "", nil, err
		}
		sql = "with r as (" + sql + " returning district, id, day) insert into bench_case select district, gen_random_uuid(), id, day from r"
	}
	return sql + ";\n", values, nil
}

// pgbench lets pgbench insert rows of the same content one submission at a
// time. At a rate above 0 they arrive by the clock as in paced, and pgbench too
// counts from the moment at which one was to be sent.
func (b *bench) pgbench(ctx context.Context, clients int, length time.Duration, what rows, rate float64) (outcome, error) {
	bin, err := look("pgbench")
	if err != nil {
		return outcome{}, err
	}
	sql, values, err := b.statement(ctx, what)
	if err != nil {
		return outcome{}, err
	}
	script := filepath.Join(b.dir, "insert.sql")
	if err := os.WriteFile(script, []byte(sql), 0o644); err != nil {
		return outcome{}, err
	}
	log := filepath.Join(b.dir, "log")
	args := []string{"-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", "2", "-T", strconv.Itoa(max(int(length.Seconds()), 1)),
		"-f", script, "-l", "--log-prefix=" + log}
	args = append(args, values...)
	if rate > 0 {
		args = append(args, "-R", strconv.FormatFloat(rate, 'f', 0, 64))
	}
	cmd := exec.CommandContext(ctx, bin, append(args, b.url)...)
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c role="+pg.ServiceRole)
	before := b.begin()
	if text, err := cmd.CombinedOutput(); err != nil {
		return outcome{}, fmt.Errorf("pgbench: %w\n%s", err, text)
	}
	out := outcome{cost: b.since(before)}
	var first, last float64 // seconds: connecting does not count
	files, _ := filepath.Glob(log + "*")
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return out, err
		}
		for line := range strings.Lines(string(data)) {
			if cols := strings.Fields(line); len(cols) > 5 {
				us, err := strconv.ParseFloat(cols[2], 64)
				at, err2 := strconv.ParseFloat(cols[4], 64)
				fraction, err3 := strconv.ParseFloat(cols[5], 64)
				if err := errors.Join(err, err2, err3); err != nil {
					return out, fmt.Errorf("pgbench wrote %q: %w", line, err)
				}
				out.latency = append(out.latency, us/1000)
				end := at + fraction/1e6
				if begin := end - us/1e6; first == 0 || begin < first {
					first = begin
				}
				last = max(last, end)
			}
		}
		_ = os.Remove(f)
	}
	out.n, out.took = len(out.latency), time.Duration((last-first)*float64(time.Second))
	if out.n == 0 {
		return out, errors.New("pgbench did nothing in this time; measure longer with -seconds")
	}
	slices.Sort(out.latency)
	return out, nil
}
