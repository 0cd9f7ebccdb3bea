/* The header alone, before anything else was included, twice; in every dialect, also as C++. */
#include "countersign.h"
#include "countersign.h"

countersign_status header_alone(const countersign_verifier *verifier, countersign_verdict *verdict);

countersign_status header_alone(const countersign_verifier *verifier, countersign_verdict *verdict) {
    countersign_status status = countersign_verify_signature(verifier, "", 0, "", 0, verdict);
    return status == COUNTERSIGN_STATUS_AUTHENTIC ? verdict->status : status;
}
