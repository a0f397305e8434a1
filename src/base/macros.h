/* macros.h: the few macros every room uses.
 *
 * Not here: anything that hides a declaration or evaluates an argument twice. TRY is the only one
 * with control flow. */
#ifndef WEIR_BASE_MACROS_H
#define WEIR_BASE_MACROS_H

#include <stddef.h>

/* Give up when the expression is not WEIR_OK, handing the status (and the filled error) to the
 * caller. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        int try_status_ = (expression);                                                            \
        if (__builtin_expect(try_status_ != 0, 0))                                                 \
            return try_status_;                                                                    \
    } while (0)

/* An owned local: weir__<noun>_freep(&variable) runs when it leaves scope. Always initialise it. */
#define AUTO(noun) __attribute__((cleanup(weir__##noun##_freep)))

/* Hand an owned pointer over: yields it and leaves NULL. */
#define TAKE(pointer)                                                                              \
    __extension__({                                                                                \
        __typeof__(pointer) taken_ = (pointer);                                                    \
        (pointer) = NULL;                                                                          \
        taken_;                                                                                    \
    })

/* Our own mistakes only; on in every build. Input from outside gets a status instead. */
#define ASSERT(condition)                                                                          \
    (__builtin_expect(!(condition), 0) ? weir__assert_failed(#condition, __FILE__, __LINE__)       \
                                       : (void)0)

#ifdef WEIR_DEBUG
#    define DEBUG_ASSERT(condition) ASSERT(condition)
#else
#    define DEBUG_ASSERT(condition) ((void)sizeof(condition))
#endif

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

__attribute__((noreturn, cold)) void weir__assert_failed(const char *condition, const char *file,
                                                         int line);

#endif
