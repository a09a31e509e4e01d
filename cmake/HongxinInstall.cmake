# What an installed system has beside the programs: configuration, service file, manual pages, tab completion.
# The configuration names the places of an installed system instead of those of a clone.
include(GNUInstallDirs)
set(HX_STATE_DIR /var/lib/hongxin CACHE PATH "Where an installed daemon keeps its store and identity key")
set(HX_CONFIG_DIR ${CMAKE_INSTALL_FULL_SYSCONFDIR}/hongxin)

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/config/hongxin.yaml)
file(READ ${CMAKE_SOURCE_DIR}/config/hongxin.yaml settings)
string(REPLACE " ../var/" " ${HX_STATE_DIR}/" settings "${settings}")
file(WRITE ${CMAKE_BINARY_DIR}/install/hongxin.yaml "${settings}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/config/hotline.yaml)
file(READ ${CMAKE_SOURCE_DIR}/config/hotline.yaml settings)
string(REPLACE " ../var/hotline.clients" " credential:hotline.clients" settings "${settings}")
file(WRITE ${CMAKE_BINARY_DIR}/install/hotline.yaml "${settings}")

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/config/wechat.yaml)
file(READ ${CMAKE_SOURCE_DIR}/config/wechat.yaml settings)
string(REPLACE " ../var/wechat.accounts" " credential:wechat.accounts" settings "${settings}")
file(WRITE ${CMAKE_BINARY_DIR}/install/wechat.yaml "${settings}")

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/config/kiosk.yaml)
file(READ ${CMAKE_SOURCE_DIR}/config/kiosk.yaml settings)
string(REPLACE " ../workers/kiosk/page" " ${CMAKE_INSTALL_FULL_DATADIR}/hongxin/kiosk" settings "${settings}")
string(REPLACE " ../var/" " ${HX_STATE_DIR}-kiosk/" settings "${settings}")
file(WRITE ${CMAKE_BINARY_DIR}/install/kiosk.yaml "${settings}")
install(FILES ${CMAKE_BINARY_DIR}/install/kiosk.yaml DESTINATION ${HX_CONFIG_DIR})
install(FILES deploy/systemd/hongxin-kiosk.service DESTINATION lib/systemd/system)

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/config/board.yaml)
file(READ ${CMAKE_SOURCE_DIR}/config/board.yaml settings)
string(REPLACE " ../var/" " ${HX_STATE_DIR}-board/" settings "${settings}")
string(REPLACE "pages: \"\"" "pages: ${CMAKE_INSTALL_FULL_DATADIR}/hongxin/web" settings "${settings}")
file(WRITE ${CMAKE_BINARY_DIR}/install/board.yaml "${settings}")
install(FILES ${CMAKE_BINARY_DIR}/install/board.yaml DESTINATION ${HX_CONFIG_DIR})
install(FILES deploy/systemd/hongxin-board.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_BINARY_DIR}/install/hongxin.yaml ${CMAKE_BINARY_DIR}/install/hotline.yaml ${CMAKE_BINARY_DIR}/install/wechat.yaml config/roles.yaml config/retention.yaml DESTINATION ${HX_CONFIG_DIR})
install(DIRECTORY config/calendars config/city config/life-cycles config/mappings config/texts
  DESTINATION ${HX_CONFIG_DIR}
  PATTERN "*.py" EXCLUDE PATTERN __pycache__ EXCLUDE)
install(FILES deploy/systemd/hongxind.service deploy/systemd/hongxin-hotline.service deploy/systemd/hongxin-wechat.service DESTINATION lib/systemd/system)
install(FILES docs/man/hongxin.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES deploy/completion/hongxin.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME hongxin)
