#!/usr/bin/env bash
# Builds the native binding of @tensorflow/tfjs-node from the C++ source in its npm package, against a libtensorflow
# that is already on this machine, for example the one inside Python's `tensorflow` wheel. It is for machines where
# the package's own install script cannot download libtensorflow 2.9.1, and for a newer libtensorflow or CUDA.
#
#   scripts/build-tensorflow-binding.sh TENSORFLOW_DIR OUT_DIR [PACKAGE]
#
#   TENSORFLOW_DIR  folder with include/tensorflow/c/c_api.h and the shared libraries: `site-packages/tensorflow` of a
#                   Python environment, or an unpacked libtensorflow archive (its libraries are then in lib/)
#   OUT_DIR         new or empty folder; the package ends up in OUT_DIR/node_modules/PACKAGE
#   PACKAGE         @tensorflow/tfjs-node (default), or @tensorflow/tfjs-node-gpu with a libtensorflow that has CUDA
#
# Needs Linux, Node with npm, the npm registry, make, Python 3 and a C++17 compiler. The headers of Node are fetched
# by node-gyp; where it cannot reach nodejs.org, set npm_config_nodedir to the prefix that has include/node.
# The binding speaks Node-API 8, so that one build serves Node 20, 22 and 24; it finds libtensorflow through links to
# TENSORFLOW_DIR, which must therefore stay where it is.
set -euo pipefail

readonly VERSION=4.22.0

if [[ $# -lt 2 || $# -gt 3 ]]; then
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 2
fi
tensorflow_dir=$(realpath "$1")
mkdir -p "$2"
out_dir=$(realpath "$2")
package=${3:-@tensorflow/tfjs-node}

if [[ ! -f $tensorflow_dir/include/tensorflow/c/c_api.h ]]; then
  echo "$tensorflow_dir: no include/tensorflow/c/c_api.h there" >&2
  exit 1
fi
if [[ -n $(ls -A "$out_dir") ]]; then
  echo "$out_dir: is not empty" >&2
  exit 1
fi

# Prints the first library whose path matches one of the patterns.
find_library() {
  local pattern path
  for pattern in "$@"; do
    for path in "$tensorflow_dir"/$pattern "$tensorflow_dir"/lib/$pattern; do
      [[ -f $path ]] && echo "$path" && return
    done
  done
  echo "$tensorflow_dir: none of $* there or in lib/" >&2
  return 1
}
# The wheel holds the C API in libtensorflow_cc, the archive in libtensorflow.
library=$(find_library 'libtensorflow.so.2' 'libtensorflow_cc.so.2')
framework=$(find_library 'libtensorflow_framework.so.2')

# Its install script would download libtensorflow.
npm install --prefix "$out_dir" --ignore-scripts --no-save --no-audit --no-fund "$package@$VERSION"

package_dir=$out_dir/node_modules/$package
mkdir -p "$package_dir/deps/lib"
ln -s "$tensorflow_dir/include" "$package_dir/deps/include"
for target in "$library" "$framework"; do
  # By the name the dynamic loader asks for; the plain names below are the linker's.
  ln -s "$target" "$package_dir/deps/lib/$(basename "$target")"
done
ln -s "$library" "$package_dir/deps/lib/libtensorflow.so"
ln -s "$framework" "$package_dir/deps/lib/libtensorflow_framework.so"

# The package's own script; npm lends it its node-gyp.
(cd "$package_dir" && npm run build-addon-from-source)

NODE_PATH=$out_dir/node_modules node --eval '
  const [, name] = process.argv;
  const util = require("node:util");
  util.isNullOrUndefined = (value) => value === undefined || value === null; // gone since Node 23
  util.isArray = Array.isArray;
  const tf = require(name);
  const sum = tf.add([1, 2], 1).dataSync().join();
  if (sum !== "2,3") throw new Error(`[1, 2] + 1 gave ${sum}`);
  const { binding, isUsingGpuDevice } = tf.backend();
  console.log(`${name} works on libtensorflow ${binding.TF_Version}, ${isUsingGpuDevice ? "GPU" : "CPU"}`);
' "$package"
echo "$package_dir"
