/* Questions about cases. */
#ifndef HOTLINE_QUERY_H
#define HOTLINE_QUERY_H

#include "hotline/hotline.h"

/* GET /v1/complaints/{case}, with ?history=true for its entries. */
void query_case(void *arg, struct http_request *request);
/* GET /v1/complaints?state=…&place=…&holder=…&class=…&due_within=…&closed=true&after=…&limit=… */
void query_list(void *arg, struct http_request *request);

#endif
