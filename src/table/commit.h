/* commit.h: the write of one partition as a state machine (spec/table-store.md 5.2, 5.6).
 *
 *                       token given, HEAD_FIRST
 *      (start) ----------------------------------> LOOK ---- found ----> EXISTING
 *         |                                         |  \
 *         | otherwise                       missing |   `-- error -----> FAILED
 *         v                                         v
 *      PREPARE  <-----------------------------------+        inserted_at, encode
 *         | ok             \
 *         v                 `-- error, cancel ------------------------> FAILED
 *      PUT_DATA
 *         | ok             \
 *         |                 `-- error, cancel ------------------------> FAILED
 *  - - - -|- - - - - - - - - from here on the caller's cancel is ignored - - - -
 *         v                                        (clock is read here: ref time)
 *      PUT_REF ------------- error ------------------------------------> FAILED
 *         | ok
 *         v
 *      PUT_COMMIT ---------- other error ------------------------------> UNKNOWN
 *         | ok     \
 *         |         `-- exists, refused --> RECOVER -- other attempt --> EXISTING
 *         |                                  | ours  \ \
 *         |                                  |        \ `- no marker --> FAILED or UNKNOWN
 *         v                                  v         `-- error ------> UNKNOWN
 *      in time? ---- yes ----> COMMITTED    (as after PUT_COMMIT)
 *         |
 *         no ----> restamp wanted? -- no ----------------------> COMMITTED_LATE
 *                      | yes
 *                      v
 *                   RESTAMP -- ok in time --> COMMITTED, else COMMITTED_LATE
 *
 * EXISTING with a suspiciously late marker goes through RESTAMP too, when that is wanted. The
 * machine does no I/O: the driver (attempt.c) does what `step` says and reports how it went. */
#ifndef WEIR_TABLE_COMMIT_H
#define WEIR_TABLE_COMMIT_H

#include <weir/table.h>

#include "table/marker.h"

enum weir__commit_step {
    WEIR__STEP_LOOK,
    WEIR__STEP_PREPARE,
    WEIR__STEP_PUT_DATA,
    WEIR__STEP_PUT_REF,
    WEIR__STEP_PUT_COMMIT,
    WEIR__STEP_RECOVER,
    WEIR__STEP_RESTAMP,
    WEIR__STEP_DONE
};

struct weir__commit {
    /* Given. */
    char attempt[WEIR__ATTEMPT_BYTES + 1];
    bool has_token; /* by the caller; an automatic one needs no look */
    enum weir_commit_mode mode;
    bool restamp_if_late;
    int64_t commit_timeout_us;
    /* Moving. */
    enum weir__commit_step step;
    int refused; /* code of a refused commit PUT, kept for the case that RECOVER finds nothing */
    bool was_repeated; /* an earlier try of the commit PUT may still take effect */
    /* When done. */
    enum weir_write_state state;
    int code;
    bool late_suspected;
    bool is_existing; /* `marker` is that of an earlier write */
    struct weir__marker marker;
};

/* How a step went. */
struct weir__commit_outcome {
    int code;           /* WEIR_OK, or the status of the failure */
    int n_tries;        /* of a request */
    int64_t elapsed_us; /* PUT_COMMIT, RECOVER, RESTAMP: monotonic, since the ref time was taken */
    bool marker_is_there; /* LOOK, RECOVER */
    struct weir__marker marker;
    int64_t marker_modified_us; /* 0 = unknown */
};

void weir__commit_begin(struct weir__commit *commit);

/* From the outcome of commit->step to the next step. */
void weir__commit_advance(struct weir__commit *commit, const struct weir__commit_outcome *outcome);

/* Is the caller's cancel still honoured in this step? */
bool weir__commit_step_is_cancellable(enum weir__commit_step step);

/* A marker that appeared much later than its ref says (spec/table-store.md 6.4). */
bool weir__late_suspected(const struct weir__marker *marker, int64_t modified_us,
                          int64_t commit_timeout_us);

#endif
