/* A process that decodes what strangers send gives up everything else first. */
#ifndef PICTURE_CONFINE_H
#define PICTURE_CONFINE_H

#include <stdbool.h>
#include <sys/resource.h>

/* From here on this process reads and writes what it has open, takes memory and ends; every other
 * system call fails with EPERM: it opens, removes, cuts and connects nothing, starts and signals
 * nobody. It has so many seconds of a processor, leaves no core and ends with its parent. False
 * with errno: the kernel does not do that, and nothing foreign must be decoded. For good; its
 * threads, of which there must be one, and children included. */
bool picture_confine(rlim_t seconds);

#endif
