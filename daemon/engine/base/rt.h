/* rt: the promise of real-time functions, and the attributes every declaration may carry. (engine/base/rt.h)
 *
 * RT_SAFE after a declaration promises: no allocation, no lock, no system call, no unbounded loop, no recursion.
 * The checks under tests/pure hold it. Before clang 20 it expands to nothing.
 * MUST_CHECK: the caller has to look at the result; ignoring it is a compile error. */
#pragma once

#if defined(__clang__) && __clang_major__ >= 20
#define RT_SAFE __attribute__((nonblocking))
#else
#define RT_SAFE
#endif

#define MUST_CHECK                      __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
