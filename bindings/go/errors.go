//go:build cgo

package countersign

import (
	"errors"
	"fmt"
)

// A Rejection says why a delivery is not authentic. It is for logs and metrics: all rejections must look the same to
// the sender. Compare with [errors.Is], or extract it with [errors.As].
type Rejection uint8

// The rejections, by the numbers that they have in every language. Later versions may add some: treat any that you do
// not know as a rejection too.
const (
	ErrMissingSignature     Rejection = 1  // the signature header is absent
	ErrRepeatedSignature    Rejection = 2  // a header that may appear only once appears more than once
	ErrMalformedSignature   Rejection = 3  // the header is empty, longer than 4,096 bytes, or does not fit the format
	ErrUnknownAlgorithm     Rejection = 4  // a label names no known algorithm
	ErrAlgorithmNotAccepted Rejection = 5  // a known algorithm that contradicts what is configured or another source
	ErrMalformedEncoding    Rejection = 6  // not the configured encoding
	ErrWrongLength          Rejection = 7  // the decoded length is not the algorithm's
	ErrMismatch             Rejection = 8  // the signature or token does not belong to this body and secret
	ErrMissingTimestamp     Rejection = 9  // the scheme signs a timestamp and there is none
	ErrMalformedTimestamp   Rejection = 10 // not a plain number or date of the configured unit
	ErrExpired              Rejection = 11 // authentic, but older than the tolerance
	ErrFromFuture           Rejection = 12 // authentic, but further in the future than the tolerance
	ErrMissingPart          Rejection = 13 // a part of the signed text (an id, a header, the method, the URL) is missing, or could end elsewhere
	ErrReplayed             Rejection = 14 // authentic, but accepted before, as a [ReplayMemory] knows
	ErrBodyTooLarge         Rejection = 15 // the body exceeds the limit of a [Middleware], or a form has too many parameters (twilio, mandrill)
)

var rejections = [...]struct{ name, sentence string }{
	ErrMissingSignature:     {"missing_signature", "the signature header is absent"},
	ErrRepeatedSignature:    {"repeated_signature", "a header that may appear only once appears more than once"},
	ErrMalformedSignature:   {"malformed_signature", "the signature header is empty, too long, or not in the expected format"},
	ErrUnknownAlgorithm:     {"unknown_algorithm", "the label before the signature names no known algorithm"},
	ErrAlgorithmNotAccepted: {"algorithm_not_accepted", "the algorithm named or inferred is not one that is accepted here"},
	ErrMalformedEncoding:    {"malformed_encoding", "the signature is not valid text of the configured encoding"},
	ErrWrongLength:          {"wrong_length", "the signature decodes to a length that is not the algorithm's"},
	ErrMismatch:             {"mismatch", "the signature does not belong to this body and secret"},
	ErrMissingTimestamp:     {"missing_timestamp", "the timestamp is absent"},
	ErrMalformedTimestamp:   {"malformed_timestamp", "the timestamp is not in the expected form"},
	ErrExpired:              {"expired", "the delivery is authentic but too old"},
	ErrFromFuture:           {"from_future", "the delivery is authentic but dated in the future"},
	ErrMissingPart:          {"missing_part", "a part of the signed text is absent, or could end elsewhere"},
	ErrReplayed:             {"replayed", "the delivery is authentic but was seen before"},
	ErrBodyTooLarge:         {"body_too_large", "the body is larger than the limit"},
}

// Name returns the fixed name of the rejection, such as missing_signature: the same in every language.
func (r Rejection) Name() string {
	if int(r) < len(rejections) && rejections[r].name != "" {
		return rejections[r].name
	}
	return fmt.Sprintf("rejection_%d", uint8(r))
}

// Code returns the fixed number of the rejection: the same in every language.
func (r Rejection) Code() int {
	return int(r)
}

// Error returns one sentence for a person who reads logs. It contains nothing of the delivery.
func (r Rejection) Error() string {
	if int(r) < len(rejections) && rejections[r].sentence != "" {
		return "countersign: " + rejections[r].sentence
	}
	return "countersign: " + r.Name()
}

// A Fault is the kind of a [*ConfigError].
type Fault uint8

// The faults, by the numbers that they have in every language.
const (
	ErrInvalidArgument Fault = 64  // an argument cannot be used
	ErrEmptySecret     Fault = 65  // a secret is required and there is none, or it has no bytes, only zero bytes, only white space (spaces, tabs, line breaks) or only *
	ErrMalformedSecret Fault = 66  // a secret is not in the required form
	ErrInvalidConfig   Fault = 67  // a field is missing, unknown, of the wrong type or out of range
	ErrUnknownPreset   Fault = 68  // no preset has this name
	ErrUnsupported     Fault = 69  // something valid that is not supported
	ErrInternal        Fault = 127 // a fault of the library; please report it
)

// Name returns the fixed name of the fault, such as empty_secret: the same in every language.
func (f Fault) Name() string {
	switch f {
	case ErrInvalidArgument:
		return "invalid_argument"
	case ErrEmptySecret:
		return "empty_secret"
	case ErrMalformedSecret:
		return "malformed_secret"
	case ErrInvalidConfig:
		return "invalid_config"
	case ErrUnknownPreset:
		return "unknown_preset"
	case ErrUnsupported:
		return "unsupported"
	case ErrInternal:
		return "internal"
	}
	return fmt.Sprintf("fault_%d", uint8(f))
}

// Code returns the fixed number of the fault: the same in every language.
func (f Fault) Code() int {
	return int(f)
}

// Error returns the name, after that of the package.
func (f Fault) Error() string {
	return "countersign: " + f.Name()
}

// A ConfigError describes what is wrong with a configuration or an argument. Extract it with [errors.As]; [errors.Is]
// with one of the faults, such as [ErrEmptySecret], checks its kind.
type ConfigError struct {
	// Fault is the kind.
	Fault Fault
	// Detail says what was found, where, and what is allowed. It never shows a secret: if arguments were swapped, one stands
	// where a name is expected, so an unknown name is repeated only if it is almost a known one, and that of an unknown field
	// if it consists of letters and _.
	Detail string
}

// Error returns the kind and the detail.
func (e *ConfigError) Error() string {
	return e.Fault.Error() + ": " + e.Detail
}

// Unwrap returns the kind, for [errors.Is].
func (e *ConfigError) Unwrap() error {
	return e.Fault
}

// ErrClosed is returned by a verifier, stream, signer or replay memory that is nil, closed, or was not made by a
// function of this package.
var ErrClosed = errors.New("countersign: used after Close, or never made by a function such as New, Preset or NewReplayMemory")

// Code returns the number that err has in every language, for metrics: 0 for nil, 1 to 15 for a [Rejection], 64 to 69 for
// a [*ConfigError] (64 for [ErrClosed]; 127 is a fault of the library), and -1 for an error that has no such number: [ErrBusy],
// and errors of other packages, such as [os.ErrDeadlineExceeded] for a body that took too long.
func Code(err error) int {
	var numbered interface{ Code() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &numbered):
		return numbered.Code()
	case errors.Is(err, ErrClosed):
		return ErrInvalidArgument.Code()
	}
	return -1
}

func invalid(format string, arguments ...any) error {
	return &ConfigError{ErrInvalidArgument, fmt.Sprintf(format, arguments...)}
}
