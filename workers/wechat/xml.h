/* The platform's XML: <xml> with elements that hold text or CDATA. Read by Expat; a document type,
 * an entity, too much depth or size refuse it. Pure; any thread. */
#ifndef WECHAT_XML_H
#define WECHAT_XML_H

#include "hongxin/error.h"
#include <stddef.h>

enum { WX_XML_FIELDS = 48, WX_XML_NAME = 40, WX_XML_DEPTH = 8, WX_XML_BYTES = 65536 };

struct wx_xml {
    size_t n;
    struct {
        char name[WX_XML_NAME];
        char *text; /* owned; NUL-terminated UTF-8 */
    } fields[WX_XML_FIELDS];
};

/* Elements right below the first one; what is inside of those is passed over. HX_INVALID,
 * HX_TOOBIG, HX_NOMEM. To be freed in any case. */
HX_CHECK int wx_xml_parse(const char *text, size_t size, struct wx_xml *out);
void wx_xml_free(struct wx_xml *xml);

/* The text of an element; "" when it is missing. */
const char *wx_xml_get(const struct wx_xml *xml, const char *name);

/* A passive reply with text, "]]>" in it split over two sections: malloc, NULL without memory. */
char *wx_xml_text_reply(const char *to, const char *from, long long now, const char *text);
/* The envelope of an encrypted one. */
char *wx_xml_envelope(const char *encrypt, const char *signature, const char *time,
                      const char *nonce);

#endif
