/* The devices that are registered, as their file says now.
 *
 * It is looked at in the beginning of each turn, as the registry of principals is: the signature of
 * a device that was added counts from the next event on, that of one that was lost or stolen no
 * more, whatever time its events bear. A file that cannot be read changes nothing, and one that is
 * gone neither: the devices in force stay; where memory or descriptors were lacking it is read
 * again in a second. Each device that came or went is an act in the journal (DEVICE_ADDED,
 * DEVICE_REVOKED; acts/told.h). One thread. */
#ifndef SERVICE_INTAKE_DEVICES_H
#define SERVICE_INTAKE_DEVICES_H

#include "base/file_watch.h"
#include "config/access/devices.h"
#include "service/acts/told.h"

struct service;

struct devices {
    struct hx_file_watch file;
    struct hx_devices *now; /* owned; NULL: none are registered, their signatures are believed */
    struct told told;       /* what the journal says of them */
    uint64_t loads, failed_loads;
};

/* Reads the file of the options, if one is named. HX_CONFIG, HX_IO, HX_NOMEM with the reason in the
 * log. */
HX_CHECK int devices_open(struct service *s);
void devices_close(struct devices *d);

/* Each turn, before a message is read: a changed file comes into force. */
void devices_turn(struct service *s);

#endif
