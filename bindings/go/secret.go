//go:build cgo

package countersign

import (
	"fmt"
	"time"
)

// A Secret is what the operator typed: nothing is trimmed. It prints as Secret(…). In an unexported field of a struct
// it prints as an address, since fmt then calls no method of it. Neither shows its bytes.
type Secret struct {
	// Reflection, which fmt uses, finds only an address here. It can neither call the function nor read what it captures.
	reveal              func() []byte
	notBefore, notAfter time.Time
}

// NewSecret makes a secret that may be used at any time. bytes is kept, not copied: you may wipe it once a verifier or
// signer has been made from the secret. Nothing is trimmed: a line break at the end of a file that was read whole is part of the
// secret, and then every delivery is a mismatch. Remove one with [strings.TrimRight] or [bytes.TrimRight].
func NewSecret[T string | []byte](bytes T) Secret {
	kept := []byte(bytes)
	return Secret{reveal: func() []byte { return kept }}
}

// bytes returns the bytes; nil for a Secret that NewSecret has not made.
func (s Secret) bytes() []byte {
	if s.reveal == nil {
		return nil
	}
	return s.reveal()
}

// Expose returns the bytes themselves, not a copy: to store a secret that the sender has chosen in a handshake
// ([Handshake.Secret]). Never log them, and never compare them with == or bytes.Equal.
func (s Secret) Expose() []byte {
	return s.bytes()
}

// NotBefore returns the secret with the time from which on it may be used, for rotation.
func (s Secret) NotBefore(moment time.Time) Secret {
	s.notBefore = moment
	return s
}

// NotAfter returns the secret with the last time at which it may be used, for rotation.
func (s Secret) NotAfter(moment time.Time) Secret {
	s.notAfter = moment
	return s
}

// Format writes Secret(…), for every verb except %T and %p, for which fmt does not call it.
func (s Secret) Format(state fmt.State, _ rune) {
	_, _ = state.Write([]byte("Secret(…)"))
}

// MarshalText returns Secret(…).
func (s Secret) MarshalText() ([]byte, error) {
	return []byte("Secret(…)"), nil
}
