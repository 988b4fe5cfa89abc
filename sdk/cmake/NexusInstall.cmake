# Installs the SDK as the CMake package NexusSDK, so that a project outside this tree can say
#
#   find_package(NexusSDK 0.1 REQUIRED)
#   nexus_add_plugin(my_plugin ...)
include(CMakePackageConfigHelpers)

set(NEXUS_SDK_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/NexusSDK)

install(TARGETS nexus_sdk EXPORT NexusSDKTargets)
install(TARGETS nexus_sdk_testing EXPORT NexusSDKTestingTargets)
install(EXPORT NexusSDKTargets NAMESPACE Nexus:: DESTINATION ${NEXUS_SDK_PACKAGE_DIR} COMPONENT sdk)
install(EXPORT NexusSDKTestingTargets NAMESPACE Nexus:: DESTINATION ${NEXUS_SDK_PACKAGE_DIR} COMPONENT sdk)
install(DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/../include/nexus DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/NexusSDKConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/NexusSDKConfig.cmake
  INSTALL_DESTINATION ${NEXUS_SDK_PACKAGE_DIR})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/NexusSDKConfigVersion.cmake
  COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/NexusSDKConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/NexusSDKConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/NexusEmbed.cmake
  ${CMAKE_CURRENT_LIST_DIR}/NexusPlugin.cmake
  ${CMAKE_CURRENT_LIST_DIR}/plugin.map
  DESTINATION ${NEXUS_SDK_PACKAGE_DIR} COMPONENT sdk)
