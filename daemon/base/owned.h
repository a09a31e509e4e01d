/* For the address sanitizer: memory of our own pools, rings and arenas stays mapped when it is
 * taken back, so the sanitizer is told what is nobody's. Without it both do nothing.
 *
 *   hx_owned_by_nobody(p, size)  from now on nobody may read or write it
 *   hx_owned(p, size)            somebody has it again; free() needs no word of this
 *
 * Bytes are known in groups of eight: the first and last few bytes of a range that begins or ends
 * inside a group may stay allowed, never the other way round. */
#ifndef BASE_OWNED_H
#define BASE_OWNED_H

#if defined(__SANITIZE_ADDRESS__)
#define HX_KNOWS_OWNERS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HX_KNOWS_OWNERS 1
#endif
#endif

#ifdef HX_KNOWS_OWNERS
#include <sanitizer/asan_interface.h>
#define hx_owned_by_nobody(p, size) ASAN_POISON_MEMORY_REGION(p, size)
#define hx_owned(p, size)           ASAN_UNPOISON_MEMORY_REGION(p, size)
#else
#define hx_owned_by_nobody(p, size) ((void)(p), (void)(size))
#define hx_owned(p, size)           ((void)(p), (void)(size))
#endif

#endif
