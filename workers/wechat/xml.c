#include "wechat/xml.h"

#include "base/text.h"
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    XML_Parser parser;
    struct wx_xml *out;
    unsigned depth;
    char *text; /* of the element at depth 2 */
    size_t size;
    int rc;
};

static void stop(struct reading *r, int rc)
{
    if (!r->rc)
        r->rc = rc;
    XML_StopParser(r->parser, XML_FALSE);
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *r = arg;
    (void)name;
    (void)attributes;
    if (++r->depth > WX_XML_DEPTH)
        stop(r, HX_INVALID);
    r->size = 0;
}

static void on_text(void *arg, const XML_Char *text, int n)
{
    struct reading *r = arg;
    if (r->depth != 2)
        return;
    if (r->size + (size_t)n > WX_XML_BYTES) {
        stop(r, HX_TOOBIG);
        return;
    }
    memcpy(r->text + r->size, text, (size_t)n);
    r->size += (size_t)n;
}

static void on_end(void *arg, const XML_Char *name)
{
    struct reading *r = arg;
    struct wx_xml *x = r->out;
    if (r->depth-- != 2)
        return;
    if (x->n == WX_XML_FIELDS || strlen(name) >= WX_XML_NAME) {
        stop(r, HX_INVALID);
        return;
    }
    hx_text_put(x->fields[x->n].name, WX_XML_NAME, name);
    x->fields[x->n].text = hx_text_dup(r->text, r->size);
    if (x->fields[x->n].text)
        x->n++;
    else
        stop(r, HX_NOMEM);
}

/* No document of the platform has one; an entity can be a bomb. */
static void on_doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int internal)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)internal;
    stop(arg, HX_INVALID);
}

int wx_xml_parse(const char *text, size_t size, struct wx_xml *out)
{
    struct reading r = {.out = out};
    out->n = 0;
    if (size > WX_XML_BYTES)
        return HX_TOOBIG;
    r.text = malloc(WX_XML_BYTES + 1);
    r.parser = XML_ParserCreate("UTF-8");
    if (!r.text || !r.parser) {
        free(r.text);
        if (r.parser)
            XML_ParserFree(r.parser);
        return HX_NOMEM;
    }
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    if (XML_Parse(r.parser, text, (int)size, 1) != XML_STATUS_OK && !r.rc)
        r.rc = HX_INVALID;
    XML_ParserFree(r.parser);
    free(r.text);
    return r.rc;
}

void wx_xml_free(struct wx_xml *xml)
{
    for (size_t i = 0; i < xml->n; i++)
        free(xml->fields[i].text);
    xml->n = 0;
}

const char *wx_xml_get(const struct wx_xml *xml, const char *name)
{
    for (size_t i = 0; i < xml->n; i++)
        if (strcmp(xml->fields[i].name, name) == 0)
            return xml->fields[i].text;
    return "";
}

/* ---- writing ---- */

/* "]]>" ends a section: it is written as the end of one and the beginning of the next. */
static char *cdata(const char *text)
{
    size_t n = strlen(text), more = 0;
    for (const char *p = text; (p = strstr(p, "]]>")) != NULL; p += 3)
        more += 12;
    char *out = malloc(n + more + 1), *to = out;
    if (!out)
        return NULL;
    for (const char *p = text; *p;) {
        if (strncmp(p, "]]>", 3) == 0) {
            memcpy(to, "]]]]><![CDATA[>", 15);
            to += 15;
            p += 3;
        } else {
            *to++ = *p++;
        }
    }
    *to = '\0';
    return out;
}

char *wx_xml_text_reply(const char *to, const char *from, long long now, const char *text)
{
    char *parts[3] = {cdata(to), cdata(from), cdata(text)}, *out = NULL;
    if (parts[0] && parts[1] && parts[2] &&
        asprintf(&out,
                 "<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></"
                 "FromUserName>"
                 "<CreateTime>%lld</CreateTime><MsgType><![CDATA[text]]></MsgType>"
                 "<Content><![CDATA[%s]]></Content></xml>",
                 parts[0], parts[1], now, parts[2]) < 0)
        out = NULL;
    for (size_t i = 0; i < 3; i++)
        free(parts[i]);
    return out;
}

char *wx_xml_envelope(const char *encrypt, const char *signature, const char *time,
                      const char *nonce)
{
    char *out = NULL, *safe = cdata(nonce);
    if (safe &&
        asprintf(&out,
                 "<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature>"
                 "<TimeStamp>%s</TimeStamp><Nonce><![CDATA[%s]]></Nonce></xml>",
                 encrypt, signature, time, safe) < 0)
        out = NULL;
    free(safe);
    return out;
}
