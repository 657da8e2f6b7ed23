package fielddb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/pg"
)

// SealedPlace is where a building stands; Building is its pseudonym.
type SealedPlace struct {
	Committee, Building string
	Sealed              []byte
}

// InsertPlaces appends the places of an import.
func InsertPlaces(ctx context.Context, q pg.Querier, district, importID string, at time.Time, list []SealedPlace) error {
	_, err := q.CopyFrom(ctx, pgx.Identifier{"building_place"}, []string{"district", "committee", "building", "import_id", "sealed", "at"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			p := list[i]
			return []any{district, p.Committee, p.Building, importID, p.Sealed, at}, nil
		}))
	return err
}

// Places gives the latest place of each building of the committees.
func Places(ctx context.Context, q pg.Querier, district string, committees []string) ([]SealedPlace, error) {
	rows, err := q.Query(ctx, `select distinct on (committee, building) committee, building, sealed from building_place
		where district = $1 and committee = any($2) order by committee, building, at desc, import_id`, district, committees)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SealedPlace])
}

// PlaceCounts tells of how many buildings and committees of an area the place is known.
func PlaceCounts(ctx context.Context, q pg.Querier, district, area string) (buildings, committees int, err error) {
	err = q.QueryRow(ctx, `select count(distinct (committee, building)), count(distinct committee) from building_place
		where district = $1 and starts_with(committee, $2)`, district, area).Scan(&buildings, &committees)
	return buildings, committees, err
}

// Consent tells whether an account has given its consent for a purpose and has
// not withdrawn it since.
func Consent(ctx context.Context, q pg.Querier, district, account, purpose string) (given bool, err error) {
	err = q.QueryRow(ctx, `select coalesce((select given from field_consent where district = $1 and account_id = $2 and purpose = $3
		order by seq desc limit 1), false)`, district, account, purpose).Scan(&given)
	return given, err
}

// GiveConsent appends that an account gives or withdraws its consent.
func GiveConsent(ctx context.Context, q pg.Querier, district, account, purpose string, given bool, at time.Time) error {
	_, err := q.Exec(ctx, `insert into field_consent (district, account_id, purpose, seq, given, at)
		select $1, $2, $3, coalesce(max(seq), 0) + 1, $4, $5 from field_consent where district = $1 and account_id = $2 and purpose = $3`,
		district, account, purpose, given, at)
	return err
}
