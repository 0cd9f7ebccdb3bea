//go:build cgo

package countersign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

// How much room a body gets before any of it has arrived, so that a claimed length uses no memory.
const firstRead = 4 << 10

// limit returns the maximum length of a body.
func (m *Middleware) limit() int64 {
	if m.MaxBody <= 0 {
		return DefaultMaxBody
	}
	return m.MaxBody
}

// read reads the whole body, unless it exceeds the limits of size and time, or the share cannot grow to it.
func (m *Middleware) read(response http.ResponseWriter, request *http.Request, share *share) ([]byte, error) {
	limit := m.limit()
	isEmpty := request.Body == nil || request.Body == http.NoBody
	reader, inTime := io.Reader(http.NoBody), func() {}
	if !isEmpty {
		// Before anything is refused: net/http reads on after an answer that comes before the end of the body.
		reader, inTime = m.limitTime(response, request, http.MaxBytesReader(response, request.Body, limit))
	}
	switch {
	case request.ContentLength > limit:
		return nil, ErrBodyTooLarge
	case isEmpty:
		return nil, nil
	}
	body, err := readAll(reader, request.ContentLength, limit, share)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, ErrBodyTooLarge
	case errors.Is(err, ErrBusy):
		return nil, err
	case err != nil:
		return nil, unread{err}
	}
	inTime()
	return body, nil
}

// readAll reads to the end. The room doubles as the body arrives, but never exceeds the claimed length, or the limit, by
// more than the one byte in which the end is seen: [bytes.Buffer] would take up to twice the limit.
func readAll(reader io.Reader, claimed, limit int64, share *share) ([]byte, error) {
	room := int64(firstRead)
	var body []byte
	for {
		if len(body) == cap(body) {
			room = max(room, 2*int64(cap(body)))
			most := limit
			if int64(len(body)) <= claimed {
				most = min(claimed, limit)
			}
			if room >= most {
				room = most + 1
			}
			if !share.growTo(min(room, limit)) {
				return nil, ErrBusy
			}
			grown := make([]byte, len(body), room)
			copy(grown, body)
			body = grown
		}
		n, err := reader.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// leastRate returns the least bytes a second and the time after which they count; 0 for none.
func (m *Middleware) leastRate() (int64, time.Duration) {
	rate, after := m.LeastRate, m.LeastRateAfter
	if rate == 0 && m.BodyBudget > 0 {
		rate = DefaultLeastRate
	}
	if after <= 0 {
		after = DefaultLeastRateAfter
	}
	return max(rate, 0), after
}

// limitTime sets a deadline for the body. It returns the body as it is to be read, and a function to call once it has arrived:
// the time of the handler does not count.
func (m *Middleware) limitTime(response http.ResponseWriter, request *http.Request, body io.Reader) (io.Reader, func()) {
	limit := m.ReadTimeout
	if limit == 0 {
		limit = DefaultReadTimeout
	}
	server, _ := request.Context().Value(http.ServerContextKey).(*http.Server)
	// A deadline that the server has set, from the beginning of the request, must not be extended. (A longer one may be
	// extended after a slow head, but never by more than limit.)
	isOfServer := server != nil && server.ReadTimeout > 0 && (limit < 0 || server.ReadTimeout <= limit)
	rate, after := m.leastRate()
	if isOfServer || limit < 0 && rate == 0 {
		return body, func() {}
	}
	controller, now := http.NewResponseController(response), time.Now()
	due := now.Add(after)
	var whole time.Time
	if limit > 0 {
		whole = now.Add(limit)
	}
	first := whole
	if rate > 0 {
		first = earlier(whole, due)
	}
	if err := controller.SetReadDeadline(first); err != nil {
		// Without a server there is no TCP connection on which to wait, as in a test.
		if server != nil {
			m.noDeadline.Do(func() { reportNoDeadline(server, response, max(limit, 0), err) })
		}
		return body, func() {}
	}
	if rate > 0 {
		body = &paced{body, controller, whole, due, rate, after}
	}
	return body, func() { _ = controller.SetReadDeadline(time.Time{}) }
}

// reportNoDeadline says where net/http reports the mistakes of handlers that nothing limits the time of bodies. A read that is
// waited for no longer would be no limit: net/http closes the body of a request only after the last read of it has returned.
func reportNoDeadline(server *http.Server, response http.ResponseWriter, limit time.Duration, err error) {
	report := log.Printf
	if server.ErrorLog != nil {
		report = server.ErrorLog.Printf
	}
	upTo := ""
	if limit > 0 {
		upTo = fmt.Sprintf(" to %v or less", limit)
	}
	report("countersign: ReadTimeout and LeastRate of the Middleware are not in force, because %T cannot set a read deadline "+
		"(%v). Put the Middleware in front of the handler that wraps the ResponseWriter, such as http.TimeoutHandler, or set "+
		"ReadTimeout of the http.Server%s.", response, err, upTo)
}

// A paced body must keep a least rate. Bytes that have arrived move the time by which more must arrive, but never beyond
// after from now: a sender that was fast must not stand still for as long as it likes.
type paced struct {
	body       io.Reader
	controller *http.ResponseController
	whole      time.Time // the deadline of the whole body; zero for none
	due        time.Time // by when more must arrive
	rate       int64     // bytes a second
	after      time.Duration
}

func (p *paced) Read(room []byte) (int, error) {
	if err := p.controller.SetReadDeadline(earlier(p.whole, p.due)); err != nil {
		return 0, err
	}
	n, err := p.body.Read(room)
	earned := p.due.Add(time.Duration(float64(n) / float64(p.rate) * float64(time.Second)))
	if latest := time.Now().Add(p.after); latest.Before(earned) {
		earned = latest
	}
	p.due = earned
	return n, err
}

// earlier returns the earlier deadline. whole is zero if there is none.
func earlier(whole, due time.Time) time.Time {
	if !whole.IsZero() && whole.Before(due) {
		return whole
	}
	return due
}

// unread wraps an error from reading a body.
type unread struct{ error }

func (u unread) Unwrap() error { return u.error }

// isLate reports whether a body took too long.
func isLate(err error) bool {
	return errors.As(err, new(unread)) && errors.Is(err, os.ErrDeadlineExceeded)
}

// closeAfter ends the connection after an answer that comes before the end of the body. Otherwise net/http would discard up to
// 256 KiB of the body before it sends the answer, and a sender that has stopped would get it only after the time for the body. Now it
// sends the answer, and then discards as much, so that the answer is not lost to a sender that still writes.
func closeAfter(response http.ResponseWriter, request *http.Request) {
	// In HTTP/2 the answer is sent at once anyway, and this would end the connection for the other requests on it.
	if request.ProtoMajor == 1 {
		response.Header().Set("Connection", "close")
	}
}

// again makes the body of the request readable again.
func again(request *http.Request, body []byte) {
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.ContentLength = int64(len(body))
	request.TransferEncoding = nil
}
