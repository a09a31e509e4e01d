# What an installed system has beside the programs: configuration, service file, manual pages, tab completion.
# The configuration names the places of an installed system instead of those of a clone.
include(GNUInstallDirs)
set(HX_STATE_DIR /var/lib/hongxin CACHE PATH "Where an installed daemon keeps its store and identity key")
set(HX_CONFIG_DIR ${CMAKE_INSTALL_FULL_SYSCONFDIR}/hongxin)

# hx_install_replaced(FILE DESTINATION FROM TO [FROM TO]…): FILE with each FROM replaced
function(hx_install_replaced file destination)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${file})
  file(READ ${CMAKE_SOURCE_DIR}/${file} text)
  while(ARGN)
    list(POP_FRONT ARGN from to)
    string(REPLACE "${from}" "${to}" text "${text}")
  endwhile()
  get_filename_component(name ${file} NAME)
  file(WRITE ${CMAKE_BINARY_DIR}/install/${name} "${text}")
  install(FILES ${CMAKE_BINARY_DIR}/install/${name} DESTINATION ${destination})
endfunction()

# hx_install_settings(NAME FROM TO [FROM TO]…): config/NAME.yaml
function(hx_install_settings name)
  hx_install_replaced(config/${name}.yaml ${HX_CONFIG_DIR} ${ARGN})
endfunction()
hx_install_settings(hongxin " ../var/" " ${HX_STATE_DIR}/")
hx_install_settings(hotline " ../var/hotline.clients" " credential:hotline.clients")
hx_install_settings(wechat " ../var/wechat.accounts" " credential:wechat.accounts")
hx_install_settings(kiosk " ../workers/kiosk/page" " ${CMAKE_INSTALL_FULL_DATADIR}/hongxin/kiosk"
  " ../var/" " ${HX_STATE_DIR}-kiosk/")
hx_install_settings(board " ../var/" " ${HX_STATE_DIR}-board/"
  "pages: \"\"" "pages: ${CMAKE_INSTALL_FULL_DATADIR}/hongxin/web")
hx_install_settings(kafka " ../var/kafka.password" " credential:kafka.password")
install(FILES config/roles.yaml config/retention.yaml DESTINATION ${HX_CONFIG_DIR})
install(DIRECTORY config/calendars config/city config/life-cycles config/mappings config/schema config/texts
  DESTINATION ${HX_CONFIG_DIR}
  PATTERN "*.py" EXCLUDE PATTERN __pycache__ EXCLUDE)
foreach(program hongxind hongxin-hotline hongxin-wechat hongxin-kiosk hongxin-board hongxin-kafka@)
  hx_install_replaced(deploy/systemd/${program}.service lib/systemd/system
    "=/usr/bin/" "=${CMAKE_INSTALL_FULL_BINDIR}/" "/etc/hongxin/" "${HX_CONFIG_DIR}/")
endforeach()
install(FILES docs/man/hongxin.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/man/hongxind.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES deploy/completion/hongxin.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME hongxin)
