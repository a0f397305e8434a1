/* commit.c: transitions of the commit protocol; the picture is in commit.h. */
#include "table/commit.h"

/* A store's time stamps have whole seconds. */
#define LATE_SLACK_US INT64_C(1000000)

void weir__commit_begin(struct weir__commit *commit)
{
    bool look = commit->has_token && commit->mode == WEIR_COMMIT_HEAD_FIRST;
    commit->step = look ? WEIR__STEP_LOOK : WEIR__STEP_PREPARE;
    commit->state = WEIR_WRITE_NOT_STARTED;
    commit->code = WEIR_OK;
}

bool weir__commit_step_is_cancellable(enum weir__commit_step step)
{
    return step == WEIR__STEP_LOOK || step == WEIR__STEP_PREPARE || step == WEIR__STEP_PUT_DATA;
}

bool weir__late_suspected(const struct weir__marker *marker, int64_t modified_us,
                          int64_t commit_timeout_us)
{
    return modified_us != 0 && modified_us - marker->ref_us > commit_timeout_us - LATE_SLACK_US;
}

static void finish(struct weir__commit *commit, enum weir_write_state state, int code)
{
    commit->step = WEIR__STEP_DONE;
    commit->state = state;
    commit->code = code;
}

static void existing(struct weir__commit *commit, const struct weir__commit_outcome *outcome)
{
    commit->marker = outcome->marker;
    commit->is_existing = true;
    commit->late_suspected = weir__late_suspected(&outcome->marker, outcome->marker_modified_us,
                                                  commit->commit_timeout_us);
    if (commit->late_suspected && commit->restamp_if_late) {
        commit->step = WEIR__STEP_RESTAMP;
    } else {
        finish(commit, WEIR_WRITE_EXISTING, WEIR_OK);
    }
}

/* The marker is ours: all is durable, and only the time decides. */
static void committed(struct weir__commit *commit, int64_t elapsed_us)
{
    if (elapsed_us <= commit->commit_timeout_us) {
        finish(commit, WEIR_WRITE_COMMITTED, WEIR_OK);
    } else if (commit->restamp_if_late) {
        commit->step = WEIR__STEP_RESTAMP;
    } else {
        finish(commit, WEIR_WRITE_COMMITTED_LATE, WEIR_COMMITTED_AFTER_TIMEOUT);
    }
}

static void after_look(struct weir__commit *commit, const struct weir__commit_outcome *outcome)
{
    if (outcome->code != WEIR_OK) {
        finish(commit, WEIR_WRITE_FAILED, outcome->code);
    } else if (outcome->marker_is_there) {
        existing(commit, outcome);
    } else {
        commit->step = WEIR__STEP_PREPARE;
    }
}

static void after_put_commit(struct weir__commit *commit,
                             const struct weir__commit_outcome *outcome)
{
    commit->was_repeated = outcome->n_tries > 1;
    switch (outcome->code) {
    case WEIR_OK:
        committed(commit, outcome->elapsed_us);
        break;
    case WEIR_ALREADY_EXISTS:
    case WEIR_PRECONDITION:
    case WEIR_PERMISSION: /* some stores express "no overwrite" by policy */
        commit->refused = outcome->code;
        commit->step = WEIR__STEP_RECOVER;
        break;
    default:
        finish(commit, WEIR_WRITE_UNKNOWN, outcome->code);
        break;
    }
}

static void after_recover(struct weir__commit *commit, const struct weir__commit_outcome *outcome)
{
    if (outcome->code != WEIR_OK) {
        finish(commit, WEIR_WRITE_UNKNOWN, outcome->code);
    } else if (!outcome->marker_is_there) {
        finish(commit, commit->was_repeated ? WEIR_WRITE_UNKNOWN : WEIR_WRITE_FAILED,
               commit->refused);
    } else if (strcmp(outcome->marker.attempt, commit->attempt) == 0) {
        committed(commit, outcome->elapsed_us); /* an answer was lost, not the commit */
    } else {
        existing(commit, outcome);
    }
}

/* A failed announcement takes nothing away from a durable commit; it only stays late. */
static void after_restamp(struct weir__commit *commit, const struct weir__commit_outcome *outcome)
{
    bool in_time = outcome->code == WEIR_OK && outcome->elapsed_us <= commit->commit_timeout_us;
    if (commit->is_existing) {
        finish(commit, WEIR_WRITE_EXISTING, WEIR_OK);
    } else if (in_time) {
        finish(commit, WEIR_WRITE_COMMITTED, WEIR_OK);
    } else {
        finish(commit, WEIR_WRITE_COMMITTED_LATE, WEIR_COMMITTED_AFTER_TIMEOUT);
    }
    if (in_time)
        commit->late_suspected = false;
}

void weir__commit_advance(struct weir__commit *commit, const struct weir__commit_outcome *outcome)
{
    bool ok = outcome->code == WEIR_OK;
    switch (commit->step) {
    case WEIR__STEP_LOOK:
        after_look(commit, outcome);
        break;
    case WEIR__STEP_PREPARE:
        if (ok) {
            commit->step = WEIR__STEP_PUT_DATA;
        } else {
            finish(commit, WEIR_WRITE_FAILED, outcome->code);
        }
        break;
    case WEIR__STEP_PUT_DATA:
        if (ok) {
            commit->step = WEIR__STEP_PUT_REF;
        } else {
            finish(commit, WEIR_WRITE_FAILED, outcome->code);
        }
        break;
    case WEIR__STEP_PUT_REF:
        if (ok) {
            commit->step = WEIR__STEP_PUT_COMMIT;
        } else {
            finish(commit, WEIR_WRITE_FAILED, outcome->code);
        }
        break;
    case WEIR__STEP_PUT_COMMIT:
        after_put_commit(commit, outcome);
        break;
    case WEIR__STEP_RECOVER:
        after_recover(commit, outcome);
        break;
    case WEIR__STEP_RESTAMP:
        after_restamp(commit, outcome);
        break;
    case WEIR__STEP_DONE:
        ASSERT(false); /* nothing follows the end */
        break;
    }
}
