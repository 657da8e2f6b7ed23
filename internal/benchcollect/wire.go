package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/field"
)

// wire is one client's connection: prepared bytes are written and the answer is
// read, as load generators do and as pgbench does. A phone's own cost is none
// of the service's.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
	out  []byte
	body []byte // of a synchronisation
	head string // of every request, after the path
	tail []byte // of every body, after the id
}

// dial connects clients to a server, each with a session of its own.
func (b *bench) dial(addr string, n int) ([]*wire, error) {
	answers, err := json.Marshal(b.Answers)
	if err != nil {
		return nil, err
	}
	var list []*wire
	for i := range n {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return list, err
		}
		list = append(list, &wire{conn: conn, r: bufio.NewReaderSize(conn, 4096),
			head: "/responses HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/json\r\nCookie: gp_session=" + b.tokens[i%len(b.tokens)] + "\r\nContent-Length: ",
			tail: fmt.Appendf(nil, `","mode":"door","answers":%s,"seconds":120,"hour":18}`, answers)})
	}
	return list, nil
}

func hangUp(list []*wire) {
	for _, w := range list {
		_ = w.conn.Close()
	}
}

const bodyHead = `{"id":"`

// post sends a submission and waits for the answer.
func (w *wire) post(path string, sub field.Submission) error {
	w.out = append(w.out[:0], "POST "...)
	w.out = append(append(w.out, path...), sub.CaseID...)
	w.out = append(w.out, w.head...)
	w.out = strconv.AppendInt(w.out, int64(len(bodyHead)+len(sub.ID)+len(w.tail)), 10)
	w.out = append(append(append(append(w.out, "\r\n\r\n"...), bodyHead...), sub.ID...), w.tail...)
	return w.roundTrip(1)
}

// synchronise sends what a phone has queued in one request.
func (w *wire) synchronise(path string, list []field.Submission) error {
	w.body = append(w.body[:0], `{"responses":[`...)
	for i, sub := range list {
		if i > 0 {
			w.body = append(w.body, ',')
		}
		w.body = append(append(append(w.body, `{"case_id":"`...), sub.CaseID...), `","id":"`...)
		w.body = append(append(w.body, sub.ID...), w.tail...)
	}
	w.body = append(w.body, "]}"...)
	w.out = append(append(append(w.out[:0], "POST "...), path...), strings.TrimPrefix(w.head, "/responses")...)
	w.out = strconv.AppendInt(w.out, int64(len(w.body)), 10)
	w.out = append(append(w.out, "\r\n\r\n"...), w.body...)
	return w.roundTrip(len(list))
}

// roundTrip sends what is in out and reads an answer that accepts n submissions.
func (w *wire) roundTrip(n int) error {
	if _, err := w.conn.Write(w.out); err != nil {
		return err
	}
	status, err := w.r.ReadSlice('\n')
	if err != nil {
		return err
	}
	ok := bytes.HasPrefix(status, []byte("HTTP/1.1 200"))
	length := -1
	for {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if v, is := bytes.CutPrefix(line, []byte("Content-Length: ")); is {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return err
			}
		}
	}
	if length < 0 || length > w.r.Size() {
		return fmt.Errorf("an answer without a length, or one of %d bytes", length)
	}
	body, err := w.r.Peek(length)
	if err == nil && (!ok || bytes.Count(body, []byte(`"accepted"`)) != n) {
		err = fmt.Errorf("not accepted: %.300s", body)
	}
	_, _ = w.r.Discard(length)
	return err
}

// poster submits over HTTP to a path of a server with n clients.
func (b *bench) poster(addr, path string, n int) (do doer, done func(), err error) {
	list, err := b.dial(addr, n)
	return func(_ context.Context, client int, sub field.Submission) error { return list[client].post(path, sub) }, func() { hangUp(list) }, err
}

// empty is a server whose handler reads the request and answers at once: what
// the transport costs without us.
func (b *bench) empty() (addr string, stop func(), err error) {
	e := gin.New()
	e.POST("/empty/:id/responses", func(c *gin.Context) {
		if _, err := io.Copy(io.Discard, c.Request.Body); err != nil {
			c.Status(http.StatusBadRequest)
			return
		}
		c.Data(http.StatusOK, "application/json", []byte(`{"id":"6f1c0a52-63a5-4c2e-9d0e-0f5b1f8f2a11","status":"accepted","receipt":"0000-0000-0000"}`))
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: e}
	go func() { _ = s.Serve(ln) }()
	return ln.Addr().String(), func() { _ = s.Close() }, nil
}
