package countersign

import (
	"fmt"
	"time"
)

// A Secret is what the operator typed: nothing is trimmed. It prints as Secret(…). In an unexported field of a struct it
// prints as an address, since fmt then calls no method of it. Neither way shows its bytes.
type Secret struct {
	// Whatever walks a value by reflection, as fmt does, finds an address here. It cannot call the function, nor read what
	// the function holds.
	reveal              func() []byte
	notBefore, notAfter time.Time
}

// NewSecret makes a secret that may be used at any time. bytes is kept, not copied: it may be wiped once a verifier or
// signer has been made of the secret.
func NewSecret[T string | []byte](bytes T) Secret {
	kept := []byte(bytes)
	return Secret{reveal: func() []byte { return kept }}
}

// bytes returns what was typed; nothing for a Secret that NewSecret has not made.
func (s Secret) bytes() []byte {
	if s.reveal == nil {
		return nil
	}
	return s.reveal()
}

// NotBefore returns the secret with the moment from which on it may be used, for rotation.
func (s Secret) NotBefore(moment time.Time) Secret {
	s.notBefore = moment
	return s
}

// NotAfter returns the secret with the last moment at which it may be used, for rotation.
func (s Secret) NotAfter(moment time.Time) Secret {
	s.notAfter = moment
	return s
}

// Format writes Secret(…), for every verb but %T and %p, which fmt does not ask about.
func (s Secret) Format(state fmt.State, _ rune) {
	_, _ = state.Write([]byte("Secret(…)"))
}

// MarshalText returns Secret(…).
func (s Secret) MarshalText() ([]byte, error) {
	return []byte("Secret(…)"), nil
}
