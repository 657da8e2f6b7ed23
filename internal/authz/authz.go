// Package authz decides access in one table: role × action → scope. Every use
// case asks it first; what the table does not name is denied.
package authz

import (
	"gongping/internal/errs"
	"gongping/survey"
)

// Role is what an account may be.
type Role string

// The roles. System is the service itself (jobs, the demonstration's set-up,
// the command line run by the operator); no account can hold it. Resident is
// the holder of a personal link.
const (
	Admin      Role = "admin"
	Manager    Role = "manager"
	Evaluator  Role = "evaluator"
	Supervisor Role = "supervisor"
	Leader     Role = "leader"
	Worker     Role = "worker"
	Panel      Role = "panel"
	Auditor    Role = "auditor"
	Department Role = "department"
	System     Role = "system"
	Resident   Role = "resident"
)

// Roles lists the roles that an account can hold, in the order of the pages.
var Roles = []Role{Admin, Manager, Evaluator, Supervisor, Leader, Worker, Panel, Auditor, Department}

// Actor is who acts: established by web or cmd, never by a form field.
type Actor struct {
	District  string
	AccountID string // empty for System and Resident
	Name      string // display name, for pages only
	Role      Role
	Area      string // the code of the area that the account is for
	AreaName  string // its name, for pages only
	WorkerNo  string
	Locale    string
	CaseID    string // Resident only: the case of the link
	// Department is the code of the functional department that the account
	// speaks for; Department only.
	Department string
}

// SystemActor acts for the service itself within a district.
func SystemActor(district string) Actor {
	return Actor{District: district, Role: System, Area: district, Locale: "zh"}
}

// Object is what is acted on. Empty fields do not restrict; a list query passes
// the actor's own Area and lets SQL filter by it.
type Object struct {
	Area      string   // code of the area it belongs to
	Owner     string   // account that made it (appeal, session)
	Assignees []string // accounts it is assigned to (case, appeal)
	Assessors []string // accounts that helped make the result (never decide on it)
	CaseID    string
	// Department is the functional department that it speaks of.
	Department string
}

// Scope is how far an allowance reaches.
type Scope string

// The scopes.
const (
	Deny       Scope = ""            // not at all
	InArea     Scope = "in_area"     // objects within the actor's area
	Assigned   Scope = "assigned"    // objects assigned to the actor, within the area
	Own        Scope = "own"         // objects that the actor made
	OwnCase    Scope = "own_case"    // the case of the resident's link
	NotMade    Scope = "not_made"    // within the area, but not an assessor nor the owner of it
	OwnArea    Scope = "own_area"    // exactly the actor's own committee
	InDistrict Scope = "in_district" // anything in the actor's district
	// OwnDepartment is what speaks of the actor's own department, and nothing else.
	OwnDepartment Scope = "own_department"
)

// Check returns nil when actor may do action on object, and a Forbidden or
// Unauthorized error when not.
func Check(actor Actor, action Action, o Object) error {
	if actor.Role == "" || actor.District == "" {
		return errs.New(errs.Unauthorized, "auth.sign_in", "sign in first")
	}
	if allowed(actor, ScopeOf(actor.Role, action), o) {
		return nil
	}
	return errs.New(errs.Forbidden, "auth.forbidden", "your role may not do this here").
		With(map[string]any{"Role": string(actor.Role), "Action": string(action)})
}

// May is Check for pages that show or hide a button.
func May(actor Actor, action Action, o Object) bool { return Check(actor, action, o) == nil }

// ScopeOf looks up the table; an unknown role or action is denied.
func ScopeOf(role Role, action Action) Scope { return table[action][role] }

func allowed(a Actor, s Scope, o Object) bool {
	inArea := o.Area == "" || survey.Within(o.Area, a.Area)
	inDistrict := o.Area == "" || survey.Within(o.Area, a.District)
	switch s {
	case InDistrict:
		return inDistrict
	case InArea:
		return inArea
	case OwnArea:
		return o.Area == "" || o.Area == a.Area
	case Assigned:
		return inArea && contains(o.Assignees, a.AccountID)
	case Own:
		return inArea && o.Owner != "" && o.Owner == a.AccountID
	case OwnCase:
		return o.CaseID != "" && o.CaseID == a.CaseID
	case OwnDepartment:
		return inDistrict && a.Department != "" && o.Department == a.Department
	case NotMade:
		return inArea && a.AccountID != "" && o.Owner != a.AccountID && !contains(o.Assessors, a.AccountID)
	}
	return false
}

func contains(list []string, id string) bool {
	for _, x := range list {
		if id != "" && x == id {
			return true
		}
	}
	return false
}
