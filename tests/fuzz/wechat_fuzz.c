/* What the platform might send: XML, and ciphers under a key that everybody knows here, so that
 * what is inside is reached. */
#include "fuzz.h"
#include "wechat/command.h"
#include "wechat/crypto.h"
#include "wechat/xml.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static void try_xml(const char *text, size_t size)
{
    struct wx_xml xml;
    struct wx_command command;
    if (wx_xml_parse(text, size, &xml) == HX_OK) {
        wx_command_read(wx_xml_get(&xml, "Content"), &command);
        char *reply =
            wx_xml_text_reply(wx_xml_get(&xml, "FromUserName"), wx_xml_get(&xml, "ToUserName"), 1,
                              wx_xml_get(&xml, "Content"));
        struct wx_xml again;
        if (reply && strlen(reply) < WX_XML_BYTES &&
            (wx_xml_parse(reply, strlen(reply), &again) != HX_OK ||
             strcmp(wx_xml_get(&again, "Content"), wx_xml_get(&xml, "Content")) != 0))
            abort();
        if (reply && strlen(reply) < WX_XML_BYTES)
            wx_xml_free(&again);
        free(reply);
    }
    wx_xml_free(&xml);
}

/* The bytes as what stands inside, wrapped without any check. */
static void try_inside(const uint8_t *data, size_t size)
{
    static const struct wx_key key;
    uint8_t coded[4096];
    char text[6000];
    int n = 0, rest = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    size -= size % 32;
    if (c && size > 0 && size <= sizeof coded &&
        EVP_EncryptInit_ex(c, EVP_aes_256_cbc(), NULL, key.bytes, key.bytes) &&
        EVP_CIPHER_CTX_set_padding(c, 0) && EVP_EncryptUpdate(c, coded, &n, data, (int)size) &&
        EVP_EncryptFinal_ex(c, coded + n, &rest)) {
        char *plain = NULL;
        size_t length = 0;
        EVP_EncodeBlock((unsigned char *)text, coded, n + rest);
        if (wx_decrypt(&key, "wx1", text, &plain, &length) == HX_OK)
            try_xml(plain, length);
        free(plain);
    }
    EVP_CIPHER_CTX_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct wx_key key;
    char *text = malloc(size + 1), *plain = NULL;
    size_t length;
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    try_xml(text, size);
    if (wx_decrypt(&key, "wx1", text, &plain, &length) == HX_OK)
        try_xml(plain, length);
    free(plain);
    try_inside(data, size);
    free(text);
    return 0;
}
