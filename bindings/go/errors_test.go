//go:build cgo

package countersign

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The numbers and names are those of the C header, all of them.
func TestNumbersAndNamesAreThoseOfTheLibrary(t *testing.T) {
	header, err := os.ReadFile("../../crates/countersign-ffi/include/countersign.h")
	if err != nil {
		t.Fatal(err)
	}
	find := regexp.MustCompile(`COUNTERSIGN_(STATUS|ALGORITHM|ENCODING)_([A-Z0-9_]+) = (\d+),`)
	found := 0
	for _, line := range find.FindAllStringSubmatch(string(header), -1) {
		found++
		name := line[2]
		number, err := strconv.Atoi(line[3])
		if err != nil {
			t.Fatal(err)
		}
		var ours string
		switch {
		case line[1] == "ALGORITHM":
			ours = Algorithm(number).String()
		case line[1] == "ENCODING":
			ours = Encoding(number).String()
		case number == 0:
			ours = "AUTHENTIC"
		case number < 64:
			ours = strings.ToUpper(Rejection(number).Name())
			if Code(Rejection(number)) != number || strings.Contains(Rejection(number).Error(), name) {
				t.Errorf("%s: %d, %v", name, Code(Rejection(number)), Rejection(number))
			}
		default:
			ours = strings.ToUpper(Fault(number).Name())
			if Code(Fault(number)) != number || Code(&ConfigError{Fault(number), ""}) != number {
				t.Errorf("%s: %d", name, Code(Fault(number)))
			}
		}
		if ours != name {
			t.Errorf("%d is %s here and %s in C", number, ours, name)
		}
	}
	if found != 23+8+3 {
		t.Errorf("%d numbers found in the header", found)
	}
}

// One sentence for one thing, in every language.
func TestRejectionsSayWhatTheySayInC(t *testing.T) {
	source, err := os.ReadFile("../../crates/countersign-ffi/src/status.rs")
	if err != nil {
		t.Fatal(err)
	}
	find := regexp.MustCompile(`Self::(\w+) => (?:\{\s*)?c"([^"]*)"`)
	var names, sentences []string
	for _, line := range find.FindAllStringSubmatch(string(source), -1) {
		if text := line[2]; strings.Contains(text, " ") {
			sentences = append(sentences, text)
		} else {
			names = append(names, text)
		}
	}
	number := 0
	for index, name := range names {
		if index < 1 || index > int(ErrBodyTooLarge) {
			continue
		}
		number++
		if ours := Rejection(index); ours.Name() != name || ours.Error() != "countersign: "+sentences[index] {
			t.Errorf("%d: %q, and in C %q", index, ours.Error(), sentences[index])
		}
	}
	if number != 15 || len(names) != len(sentences) {
		t.Errorf("%d rejections found, %d names, %d sentences", number, len(names), len(sentences))
	}
}

func TestErrorsWorkWithErrorsIsAndAs(t *testing.T) {
	wrapped := fmt.Errorf("order 1001: %w", ErrMismatch)
	var rejection Rejection
	if !errors.Is(wrapped, ErrMismatch) || errors.Is(wrapped, ErrExpired) || !errors.As(wrapped, &rejection) || rejection != ErrMismatch {
		t.Error(wrapped)
	}
	if Code(wrapped) != 8 || Code(nil) != 0 || Code(ErrClosed) != 64 || Code(os.ErrDeadlineExceeded) != -1 || Code(ErrBusy) != -1 || Code(&ConfigError{ErrInternal, ""}) != 127 {
		t.Error("a number is wrong")
	}
	_, err := Preset("gitub", NewSecret("x"))
	var config *ConfigError
	if !errors.Is(err, ErrUnknownPreset) || errors.Is(err, ErrEmptySecret) || !errors.As(err, &config) || !strings.Contains(config.Detail, `"github"`) {
		t.Error(err)
	}
	for _, unknown := range []interface{ Name() string }{Rejection(0), Rejection(63), Fault(200)} {
		if !strings.Contains(unknown.Name(), "_") {
			t.Error(unknown.Name())
		}
	}
}

func TestNamesOfChoicesAreReadAndWritten(t *testing.T) {
	for number := range 256 {
		algorithm, encoding := Algorithm(number), Encoding(number)
		var again struct {
			Algorithm Algorithm
			Encoding  Encoding
		}
		known := algorithm >= MD5 && algorithm <= SHA512 || algorithm == InferFromHeader
		if err := again.Algorithm.UnmarshalText([]byte(algorithm.String())); (err == nil) != known || known && again.Algorithm != algorithm {
			t.Errorf("%d: %v, %v", number, again.Algorithm, err)
		}
		known = encoding >= Base64 && encoding <= Base64URL
		if err := again.Encoding.UnmarshalText([]byte(encoding.String())); (err == nil) != known || known && again.Encoding != encoding {
			t.Errorf("%d: %v, %v", number, again.Encoding, err)
		}
	}
	var choice struct{ Algorithm Algorithm }
	err := json.Unmarshal([]byte(`{"Algorithm": "sha256"}`), &choice)
	if !errors.Is(err, ErrInvalidArgument) || !strings.Contains(err.Error(), `"sha256"`) || !strings.Contains(err.Error(), "SHA_256") {
		t.Error(err)
	}
}
