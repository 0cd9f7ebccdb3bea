//go:build cgo

package countersign

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// While bodies fill the budget, others are refused; a claimed length takes nothing of it, and what is over is given back.
func TestBodiesTakeNoMoreThanTheBudget(t *testing.T) {
	reasons := make(chan error, 100)
	middleware := Middleware{Verifier: github(t), MaxBody: 1 << 20, BodyBudget: 1<<20 + 10*firstRead, OnReject: func(_ *http.Request, err error) { reasons <- err }}
	server := httptest.NewServer(behind(t, middleware))
	defer server.Close()
	open := func(head, body string) (net.Conn, *bufio.Reader) {
		connection, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprint(connection, slowHead+head+"\r\n\r\n"+body)
		return connection, bufio.NewReader(connection)
	}
	post := func() *http.Response {
		connection, reader := open("Content-Length: 13", publishedBody)
		defer connection.Close()
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	until := func(status int) *http.Response {
		for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			response := post()
			if response.StatusCode == status {
				return response
			}
			if time.Since(start) > 10*time.Second {
				t.Fatalf("%d instead of %d", response.StatusCode, status)
			}
		}
	}
	// These claim 10 MiB together, and send nothing. They have ten first rooms.
	for range 10 {
		connection, _ := open("Content-Length: 1048576", "")
		defer connection.Close()
	}
	until(200)
	// This one sends all but a byte: of the room for it, nothing is left for others.
	large, _ := open("Content-Length: 1048576", strings.Repeat("x", 1<<20-1))
	response := until(503)
	if text, _ := io.ReadAll(response.Body); string(text) != "try again later\n" || response.Header.Get("Retry-After") != "1" {
		t.Error(string(text), response.Header)
	}
	busy := false
	for len(reasons) > 0 {
		busy = busy || errors.Is(<-reasons, ErrBusy)
	}
	if !busy {
		t.Error("OnReject did not get ErrBusy")
	}
	_ = large.Close()
	until(200)
}

// A body that is as large as limit and budget fits, whether it claims its length or not, and counts until its handler has
// returned.
func TestABodyOfTheWholeBudgetFits(t *testing.T) {
	verifier, body := github(t), strings.Repeat("x", 300_000)
	signer, err := NewSigner(Config{Preset: "github", Secrets: []Secret{NewSecret("It's a Secret to Everybody")}})
	if err != nil {
		t.Fatal(err)
	}
	headers, err := signer.Sign(Delivery{Body: []byte(body)}, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	request := func(body io.Reader) *http.Request {
		request := httptest.NewRequest("POST", "/", body)
		request.Header.Set(headers[0].Name, headers[0].Value)
		return request
	}
	var handler http.Handler
	inside := 0
	handler, err = Middleware{Verifier: verifier, MaxBody: 300_000, BodyBudget: 300_000}.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request(strings.NewReader("x")))
		inside = recorder.Code
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range []io.Reader{strings.NewReader(body), chunked(body), strings.NewReader(body)} {
		recorder := httptest.NewRecorder()
		inside = 0
		handler.ServeHTTP(recorder, request(read))
		if recorder.Code != 200 || inside != 503 {
			t.Error(recorder.Code, inside)
		}
	}
	for _, more := range []io.Reader{strings.NewReader(body + "x"), chunked(body + "x")} {
		recorder := httptest.NewRecorder()
		if handler.ServeHTTP(recorder, request(more)); recorder.Code != 413 {
			t.Error(recorder.Code)
		}
	}
}

func TestABudgetBelowTheLimitIsRefused(t *testing.T) {
	for _, middleware := range []Middleware{{BodyBudget: DefaultMaxBody - 1}, {BodyBudget: 999, MaxBody: 1000}} {
		middleware.Verifier = github(t)
		if _, err := middleware.Handler(shop); !errors.Is(err, ErrInvalidConfig) || !strings.Contains(err.Error(), "BodyBudget") {
			t.Error(err)
		}
	}
}

// The buffer of a body is never larger than the claimed length, or the limit, and the byte in which the end is seen.
func TestTheBufferOfABodyHasItsLength(t *testing.T) {
	for _, length := range []int64{0, 1, 13, 4095, 4096, 64 << 10, 64<<10 + 1, 100_000, 1 << 20, 25_000_000} {
		for _, limit := range []int64{length, length + 1, 25 << 20, 1<<63 - 1} {
			content := bytes.Repeat([]byte("x"), int(length))
			for _, claimed := range []int64{length, -1, length / 2} {
				body, err := readAll(bytes.NewReader(content), claimed, limit, nil)
				if err != nil || !bytes.Equal(body, content) {
					t.Fatal(length, limit, claimed, err)
				}
				most := limit
				if claimed == length && length > 0 {
					most = length
				}
				if int64(cap(body))-1 > most {
					t.Errorf("%d bytes for %d of %d, at most %d", cap(body), length, claimed, limit)
				}
			}
		}
	}
}

// What a body takes while it is read is twice its length at most, all garbage included.
func TestABodyTakesLittleMoreThanItsLength(t *testing.T) {
	const length = 25_000_000
	content := bytes.Repeat([]byte("x"), length)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := readAll(bytes.NewReader(content), length, 25<<20, nil); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 5*length/2 {
		t.Errorf("%d bytes for a body of %d", taken, length)
	}
}

// Large uploads that stand still do not keep out small ones, and are ended. They must all be there at the same time, so a machine that is
// too slow for that gets more time for them.
func TestStalledUploadsKeepNobodyOut(t *testing.T) {
	for patience := 2 * time.Second; !stalledUploads(t, patience); patience *= 3 {
		if patience > 30*time.Second {
			t.Fatalf("seven uploads were not held at the same time within %v", patience)
		}
	}
}

// Whether the budget was filled before the first stalled upload was ended, which happens after patience.
func stalledUploads(t *testing.T, patience time.Duration) bool {
	middleware := Middleware{Verifier: github(t), MaxBody: 1 << 20, BodyBudget: 8 << 20, LeastRateAfter: patience}
	server := httptest.NewServer(behind(t, middleware))
	defer server.Close()
	open := func(head, body string) (net.Conn, *bufio.Reader) {
		connection, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = connection.SetDeadline(time.Now().Add(20*time.Second + patience))
		fmt.Fprint(connection, slowHead+head+"\r\n\r\n"+body)
		return connection, bufio.NewReader(connection)
	}
	start := time.Now()
	var stalled []*bufio.Reader
	for range 7 {
		connection, reader := open("Content-Length: 1048576", strings.Repeat("x", 1<<20-1))
		defer connection.Close()
		stalled = append(stalled, reader)
	}
	status := func(head, body string) int {
		connection, reader := open(head, body)
		defer connection.Close()
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode
	}
	// Until all of them are held, a large one fits; it is forged.
	for status("Content-Length: 100000", strings.Repeat("x", 100_000)) != 503 {
		if time.Since(start) > patience*3/4 {
			return false
		}
	}
	if got := status("Content-Length: 13", publishedBody); got != 200 {
		t.Errorf("a small body is answered with %d", got)
	}
	for _, reader := range stalled {
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != 408 {
			t.Fatal(response, err)
		}
	}
	if got := time.Since(start); got > 8*time.Second+patience {
		t.Errorf("they stayed for %v", got)
	}
	for status("Content-Length: 100000", strings.Repeat("x", 100_000)) != 401 {
		if time.Since(start) > 13*time.Second+patience {
			t.Fatal("what they took is not given back")
		}
	}
	return true
}

// A body slower than the least rate is ended although each byte comes in time; one that keeps it is read to the end.
func TestTheLeastRate(t *testing.T) {
	for _, test := range []struct{ pause, status int }{{400, 408}, {20, 200}} {
		middleware := Middleware{Verifier: github(t), LeastRate: 10, LeastRateAfter: 500 * time.Millisecond}
		connection, reader := dial(t, behind(t, middleware), func(*http.Server) {})
		fmt.Fprint(connection, slowHead+"Content-Length: 13\r\n\r\n")
		for _, letter := range publishedBody {
			time.Sleep(time.Duration(test.pause) * time.Millisecond)
			if _, err := connection.Write([]byte(string(letter))); err != nil {
				break
			}
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != test.status {
			t.Error(test, response, err)
		}
	}
}

// The room for small bodies: a part of the budget that leaves place for the largest body, the one that is set, or none.
func TestTheRoomForSmallBodies(t *testing.T) {
	for _, test := range []struct{ total, small, limit, all, room int64 }{
		{8 << 20, 0, 1 << 20, 7 << 20, 1 << 20},
		{8 << 20, 0, 8<<20 - 100_000, 8<<20 - 100_000, 100_000},
		{8 << 20, 0, 8<<20 - 60_000, 8 << 20, 0},
		{8 << 20, 1000, 1 << 20, 8 << 20, 1000},
		{8 << 20, -1, 1 << 20, 8 << 20, 0},
	} {
		if b := newBudget(test.total, test.small, test.limit); b.all.limit != test.all || b.small.limit != test.room {
			t.Error(test, b.all.limit, b.small.limit)
		}
	}
	b := newBudget(1<<20, 100_000, 1<<20)
	large, small := b.share(), b.share()
	for _, step := range []struct {
		share      *share
		bytes      int64
		fits       bool
		all, small int64
	}{
		{large, 1000, true, 0, 1000},
		{large, 1 << 20, true, 1 << 20, 0}, // as it grows, all of it moves
		{small, 64 << 10, true, 1 << 20, 64 << 10},
		{small, 64<<10 + 1, false, 1 << 20, 64 << 10},
		{b.share(), 50_000, false, 1 << 20, 64 << 10},
	} {
		if fits := step.share.growTo(step.bytes); fits != step.fits || b.all.used.Load() != step.all || b.small.used.Load() != step.small {
			t.Error(step, fits, b.all.used.Load(), b.small.used.Load())
		}
	}
	large.giveBack()
	small.giveBack()
	if b.all.used.Load() != 0 || b.small.used.Load() != 0 {
		t.Error(b.all.used.Load(), b.small.used.Load())
	}
}
