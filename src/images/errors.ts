import { defineErrors } from '../base/errors.ts';

const LOOK_AT_LOG = 'The end of the build log says why; mend it and deploy again.';

export const imageErrors = defineErrors({
  registry_unreachable: {
    status: 502,
    remedy: 'Check the name of the registry, the network and any proxy, then try again.',
  },
  registry_credentials_refused: {
    status: 401,
    remedy: 'Log in to the registry on the host that runs swarmd ("skopeo login REGISTRY").',
  },
  image_access_denied: {
    status: 403,
    remedy: 'The login works, but may not read this image: ask for access to the repository.',
  },
  image_not_found: { status: 404, remedy: 'Check the name and the tag or digest.' },
  image_reference_invalid: {
    status: 400,
    remedy: 'Write it as name:tag, registry/name:tag, name@sha256:… or docker-daemon:name:tag.',
  },
  image_pull_failed: { status: 502, remedy: 'The end of its output says why.' },
  image_architecture_mismatch: {
    status: 400,
    remedy: 'Build the image for this architecture, or as a multi-architecture image.',
  },
  archive_invalid: {
    status: 400,
    remedy: 'Make it again with "docker save NAME -o FILE" or as an OCI archive or layout.',
  },
  docker_daemon_unreachable: {
    status: 502,
    remedy: 'Start Docker on the host that runs swarmd, or push the image to a registry.',
  },
  upload_not_found: { status: 404, remedy: 'Upload it again: unused uploads are removed in time.' },
  upload_too_large: {
    status: 413,
    remedy: 'Leave out what the agent does not need, with a .dockerignore file.',
  },
  upload_cut_short: { status: 400, remedy: 'Upload it again.' },
  folder_archive_invalid: {
    status: 400,
    remedy: 'Pack only regular files, folders and links that stay inside the folder.',
  },
  git_url_invalid: {
    status: 400,
    remedy: 'Use https://HOST/PATH, ssh://USER@HOST/PATH, USER@HOST:PATH or file:///PATH.',
  },
  git_unreachable: { status: 502, remedy: 'Check the host name, the network and any proxy.' },
  git_authentication_failed: {
    status: 401,
    remedy:
      'Give a token that may read the repository (--git-token-file or SWARM_GIT_TOKEN), or an SSH key that the host offers.',
  },
  git_repository_not_found: {
    status: 404,
    remedy: 'Check the URL; a private repository also answers so to a wrong or missing token.',
  },
  git_ref_not_found: { status: 404, remedy: 'Name a branch, a tag or a full commit hash.' },
  git_clone_failed: { status: 502, remedy: 'The end of its output says why.' },
  source_path_not_found: { status: 404, remedy: 'Check the path inside the repository or folder.' },
  dockerfile_not_found: {
    status: 400,
    remedy: 'Check build.dockerfile, or leave it out to have the runtime detected.',
  },
  runtime_not_detected: {
    status: 400,
    remedy: 'Add a Dockerfile, or set build.runtime (python or node) and build.start.',
  },
  start_not_detected: {
    status: 400,
    remedy: 'Say how the agent is served: "start:" under "build:" in agent.yaml.',
  },
  project_file_invalid: { status: 400, remedy: 'Mend the file named in the message.' },
  runtime_version_unavailable: {
    status: 400,
    remedy: 'Ask for a version that is there, or bring a Dockerfile.',
  },
  base_image_failed: {
    status: 502,
    remedy: 'Check that the package registry of Debian or npm is reachable from this host.',
  },
  build_failed: { status: 400, remedy: LOOK_AT_LOG },
  dependencies_failed: { status: 400, remedy: LOOK_AT_LOG },
  rootfs_failed: { status: 500, remedy: 'The end of its output says why.' },
  image_store_needs_root: {
    status: 500,
    remedy: 'Run swarmd as root: unpacking an image must set owners and mount its layers.',
  },
  image_store_busy: { status: 503, remedy: 'Another build holds the cache; try again.' },
  disk_full: {
    status: 507,
    remedy: 'Free space on the host ("swarm delete" what is not needed) and try again.',
  },
});
