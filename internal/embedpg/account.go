package embedpg

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is who PostgreSQL runs as, and who its client is.
type account struct {
	name     string // of the server
	client   string // of this process
	uid, gid int
	drop     bool // this process is root and the server must not be
}

// pickAccount returns the current user, or, for root, postgres or else nobody:
// PostgreSQL refuses to run as root.
func pickAccount() (account, error) {
	uid := os.Geteuid()
	me, err := currentUser(uid)
	if err != nil {
		return account{}, fault("account",
			"add the user to /etc/passwd, run as another user, or set GONGPING_DATABASE_URL to a PostgreSQL of your own",
			"user id %d has no entry in the user database, and PostgreSQL cannot run without one", uid)
	}
	if uid != 0 {
		return account{name: me.Username, client: me.Username, uid: uid, gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		id, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 != nil || err2 != nil {
			continue
		}
		return account{name: name, client: me.Username, uid: id, gid: gid, drop: true}, nil
	}
	return account{}, fault("account", "add a system user: useradd --system postgres",
		"running as root, but there is neither a user postgres nor a user nobody to run PostgreSQL as")
}

// currentUser looks the user up, also where only the C library knows it (a
// directory service, say), which a static program asks through id(1).
func currentUser(uid int) (*user.User, error) {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err == nil {
		return u, nil
	}
	out, ierr := exec.Command("id", "-un").Output()
	if ierr != nil {
		return nil, err
	}
	return &user.User{Uid: strconv.Itoa(uid), Username: strings.TrimSpace(string(out))}, nil
}

// credential is what the child process runs under; nil keeps the current user.
func (a account) credential() *syscall.Credential {
	if !a.drop {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}

// own makes dir with mode 0700, if need be, and gives it to the account.
func (a account) own(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !st.IsDir() {
		return fault("dir", "move it away", "%s is not a directory", dir)
	}
	if a.drop {
		if err := os.Chown(dir, a.uid, a.gid); err != nil {
			return err
		}
	} else if sys, ok := st.Sys().(*syscall.Stat_t); ok && int(sys.Uid) != a.uid {
		return fault("owner", fmt.Sprintf("run as the owner, or: chown -R %s %s", a.name, filepath.Dir(dir)),
			"%s belongs to user id %d, but this process runs as %s (%d)", dir, sys.Uid, a.name, a.uid)
	}
	return os.Chmod(dir, 0o700)
}

// mayEnter checks that the account can walk down to dir. Root can, but the
// account that the server drops to often cannot, below /root for instance, and
// PostgreSQL's own message for that names the wrong culprit.
func (a account) mayEnter(dir string) error {
	if !a.drop {
		return nil
	}
	for p := dir; ; p = filepath.Dir(p) {
		st, err := os.Stat(p)
		if err != nil {
			return err
		}
		if !a.mayPass(st) {
			return fault("closed", "set GONGPING_DATA to a directory below /var/lib or another open parent, or: chmod o+x "+p,
				"PostgreSQL runs as user %s, who may not enter %s, so it cannot reach the data directory %s", a.name, p, dir)
		}
		if p == filepath.Dir(p) {
			return nil
		}
	}
}

// mayPass reports whether the mode bits of st let the account through.
func (a account) mayPass(st os.FileInfo) bool {
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	m := st.Mode().Perm()
	switch {
	case int(sys.Uid) == a.uid:
		return m&0o100 != 0
	case int(sys.Gid) == a.gid:
		return m&0o010 != 0
	}
	return m&0o001 != 0
}
