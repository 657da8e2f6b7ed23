package web

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"gongping/internal/app/appeals"
	"gongping/internal/app/auditlog"
	"gongping/internal/app/departments"
	"gongping/internal/app/disputes"
	"gongping/internal/app/draws"
	"gongping/internal/app/field"
	"gongping/internal/app/grades"
	"gongping/internal/app/intake"
	"gongping/internal/app/panel"
	"gongping/internal/app/quality"
	"gongping/internal/app/records"
	"gongping/internal/app/rounds"
	"gongping/internal/app/score"
	"gongping/internal/app/upward"
	"gongping/internal/app/words"
	"gongping/web/api/accountapi"
	"gongping/web/api/appealsapi"
	"gongping/web/api/departmentsapi"
	"gongping/web/api/drawsapi"
	"gongping/web/api/fieldapi"
	"gongping/web/api/gradesapi"
	"gongping/web/api/intakeapi"
	"gongping/web/api/panelapi"
	"gongping/web/api/qualityapi"
	"gongping/web/api/recordsapi"
	"gongping/web/api/resultsapi"
	"gongping/web/api/roundsapi"
	"gongping/web/api/upwardapi"
	"gongping/web/api/wordsapi"
	"gongping/web/handle"
	apppage "gongping/web/page/app"
	appealspage "gongping/web/page/appeals"
	auditpage "gongping/web/page/audit"
	departmentspage "gongping/web/page/departments"
	drawspage "gongping/web/page/draws"
	fieldworkpage "gongping/web/page/fieldwork"
	gradespage "gongping/web/page/grades"
	intakepage "gongping/web/page/intake"
	panelpage "gongping/web/page/panel"
	paperpage "gongping/web/page/paper"
	phonepage "gongping/web/page/phone"
	qualitypage "gongping/web/page/quality"
	recordspage "gongping/web/page/records"
	residentpage "gongping/web/page/resident"
	resultspage "gongping/web/page/results"
	roundspage "gongping/web/page/rounds"
	upwardpage "gongping/web/page/upward"
	wordspage "gongping/web/page/words"
)

// Rooms are the use cases that have pages and API operations.
type Rooms struct {
	Intake   *intake.Service
	Rounds   *rounds.Service
	Draws    *draws.Service
	Field    *field.Service
	Quality  *quality.Service
	Score    *score.Service
	Panel    *panel.Service
	Records  *records.Service
	Upward   *upward.Service
	Appeals  *appeals.Service
	Disputes *disputes.Service
	Grades   *grades.Service
	Audit    *auditlog.Service

	Departments *departments.Service
	Words       *words.Service
}

// pages registers the pages of every room.
func pages(r gin.IRouter, p *handle.Pages, d Deps) {
	if d.Appeals != nil {
		appealspage.Routes(r, p, d.Appeals, d.Disputes, d.Cache)
	}
	if d.Score != nil {
		resultspage.Routes(r, p, d.Score, d.Cache)
	}
	if d.Panel != nil {
		panelpage.Routes(r, p, d.Panel)
	}
	if d.Upward != nil {
		upwardpage.Routes(r, p, d.Upward)
	}
	if d.Records != nil {
		recordspage.Routes(r, p, d.Records)
	}
	if d.Departments != nil {
		departmentspage.Routes(r, p, d.Departments)
	}
	if d.Words != nil {
		wordspage.Routes(r, p, d.Words)
	}
	if d.Grades != nil && d.Score != nil {
		gradespage.Routes(r, p, d.Grades, d.Score)
	}
	if d.Audit != nil {
		auditpage.Routes(r, p, d.Audit)
	}
	if d.Intake != nil {
		intakepage.Routes(r, p, d.Intake)
	}
	if d.Rounds != nil {
		roundspage.Routes(r, p, d.Rounds)
	}
	if d.Draws != nil && d.Rounds != nil {
		drawspage.Routes(r, p, d.Draws, d.Rounds)
	}
	if d.Field != nil {
		apppage.Routes(r, p, d.Field, d.Version)
		residentpage.Routes(r, p, d.Field, d.Cache)
		fieldworkpage.Routes(r, p, d.Field)
		phonepage.Routes(r, p, d.Field)
		paperpage.Routes(r, p, d.Field)
	}
	if d.Quality != nil {
		qualitypage.Routes(r, p, d.Quality)
	}
}

// register registers the API operations of every room.
func register(a huma.API, d Deps) {
	accountapi.Register(a, d.Account)
	if d.Appeals != nil {
		appealsapi.Register(a, d.Appeals, d.Disputes)
	}
	if d.Score != nil {
		resultsapi.Register(a, d.Score, d.Panel)
	}
	if d.Departments != nil {
		departmentsapi.Register(a, d.Departments)
	}
	if d.Upward != nil {
		upwardapi.Register(a, d.Upward)
	}
	if d.Records != nil {
		recordsapi.Register(a, d.Records)
	}
	if d.Words != nil {
		wordsapi.Register(a, d.Words)
	}
	if d.Panel != nil {
		panelapi.Register(a, d.Panel)
	}
	if d.Grades != nil {
		gradesapi.Register(a, d.Grades)
	}
	if d.Audit != nil {
		appealsapi.RegisterAudit(a, d.Audit)
	}
	if d.Intake != nil {
		intakeapi.Register(a, d.Intake)
	}
	if d.Rounds != nil {
		roundsapi.Register(a, d.Rounds)
	}
	if d.Draws != nil {
		drawsapi.Register(a, d.Draws)
	}
	if d.Field != nil {
		fieldapi.Register(a, d.Field, d.Cache, d.District)
	}
	if d.Quality != nil {
		qualityapi.Register(a, d.Quality)
	}
}

// operations are the endpoints for those who run the service: they need no
// session and tell nothing about people.
func operations(e *gin.Engine, d Deps) {
	e.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", func(c *gin.Context) {
		if d.Ready != nil {
			if err := d.Ready(c.Request.Context()); err != nil {
				_ = c.Error(err)
				c.String(http.StatusServiceUnavailable, "not ready\n")
				return
			}
		}
		c.String(http.StatusOK, "ready\n")
	})
	if d.Metrics != nil {
		e.GET("/metrics", gin.WrapH(d.Metrics))
	}
}
