using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Support;

/// <summary>Kernels that copy a box of a tensor to shared memory and write out the bytes as they lie there, and what is to be expected.</summary>
internal static class CopiedBoxes
{
    public const string Source = """
        #include <cuda.h>
        __device__ unsigned shared_address(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }
        __device__ void expect(unsigned barrier, int bytes) {
          asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" :: "r"(barrier) : "memory");
          asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
          asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(barrier), "r"(bytes) : "memory");
        }
        __device__ void wait_for(unsigned barrier) {
          asm volatile("{\n.reg .pred p;\nagain: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], 0;\n@!p bra again;\n}" :: "r"(barrier) : "memory");
        }
        #define COPY(name, map_parameter, map_address, copy)                                                            \
          extern "C" __global__ void name(map_parameter, unsigned char* out, int bytes, int shift, int waits, int c0, int c1, int c2, int c3, int c4) { \
            __shared__ alignas(1024) unsigned char box[8192];                                                           \
            __shared__ unsigned long long barrier;                                                                      \
            const unsigned at = shared_address(&barrier), to = shared_address(box) + shift;                             \
            unsigned long long policy;                                                                                  \
            asm volatile("createpolicy.fractional.L2::evict_last.b64 %0;" : "=l"(policy));                              \
            if (threadIdx.x == 0) {                                                                                     \
              asm volatile("prefetch.tensormap [%0];" :: "l"(map_address) : "memory");                                  \
              expect(at, bytes);                                                                                        \
              asm volatile(copy :: "r"(to), "l"(map_address), "r"(at), "r"(c0), "r"(c1), "r"(c2), "r"(c3), "r"(c4), "l"(policy) : "memory"); \
            }                                                                                                           \
            __syncthreads();                                                                                            \
            if (waits) wait_for(at);                                                                                    \
            for (int i = threadIdx.x; i < bytes; i += blockDim.x) out[i] = box[shift + i];                              \
          }
        #define OF(dimensions, coordinates) \
          "cp.async.bulk.tensor." dimensions ".shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {" coordinates "}], [%2];"
        #define PARAMETER const __grid_constant__ CUtensorMap map
        COPY(copy1, PARAMETER, &map, OF("1d", "%3"))
        COPY(copy2, PARAMETER, &map, OF("2d", "%3, %4"))
        COPY(copy3, PARAMETER, &map, OF("3d", "%3, %4, %5"))
        COPY(copy4, PARAMETER, &map, OF("4d", "%3, %4, %5, %6"))
        COPY(copy5, PARAMETER, &map, OF("5d", "%3, %4, %5, %6, %7"))
        COPY(hinted, PARAMETER, &map,
             "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1, {%3, %4}], [%2], %8;")
        COPY(to_cta, PARAMETER, &map, "cp.async.bulk.tensor.2d.shared::cta.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];")
        COPY(by_pointer, const CUtensorMap* map, map, OF("2d", "%3, %4"))
        """;

    /// <summary>Copies a box of a tensor of <see cref="Values"/>, and reads what lies in shared memory then.</summary>
    public static ushort[] Copy(
        TestGpu gpu, int[] sizes, int[] strides, int[] box, int[] start, TensorMapOptions? options = null, string? kernel = null, int shift = 0)
    {
        var tensor = gpu.Buffer(Values(sizes[^1] * strides[^1]));
        // Strides are in elements of 2 bytes.
        var choices = (options ?? new()) with { Strides = [.. strides[1..].Select(stride => 2L * stride)] };
        var map = TensorMap.Create(tensor.Pointer, [.. sizes.Select(size => (long)size)], box, choices);
        var steps = choices.ElementStrides ?? [.. box.Select(_ => 1)];
        var bytes = 2 * box.Zip(steps, (count, step) => (count + step - 1) / step).Aggregate((x, y) => x * y);
        var read = gpu.Buffer(new byte[bytes]);
        object[] arguments = [map, read, bytes, shift, 1, .. start.Select(one => (object)one), .. Enumerable.Repeat((object)0, 5 - start.Length)];
        gpu.Run(kernel ?? $"copy{sizes.Length}", 1, 64, arguments);
        Assert.That(Emulator.Faults, Is.Empty);
        return MemoryMarshal.Cast<byte, ushort>(TestGpu.Read(read)).ToArray();
    }

    /// <summary>Elements that differ.</summary>
    public static ushort[] Values(int count) => [.. Enumerable.Range(1, count).Select(i => (ushort)(i * 7))];

    /// <summary>Gets a box element by element, the first dimension innermost.</summary>
    public static ushort[] Expected(int[] sizes, int[] strides, int[] counts, int[] start, int[]? steps = null)
    {
        var values = Values(sizes[^1] * strides[^1]);
        return [.. Enumerable.Range(0, counts.Aggregate((x, y) => x * y)).Select(number =>
        {
            var (place, isInside) = (0, true);
            for (var i = 0; i < sizes.Length; i++)
            {
                var at = start[i] + (number % counts[i] * (steps?[i] ?? 1));
                number /= counts[i];
                isInside &= at >= 0 && at < sizes[i];
                place += at * strides[i];
            }

            return isInside ? values[place] : (ushort)0;
        })];
    }

    /// <summary>Permutes a box: rows of 32, 64 or 128 bytes fill lines of 128, and the number of a line of shared memory says how their pieces of 16 bytes
    /// change places.</summary>
    public static ushort[] Permuted(ushort[] values, int rowBytes, int shift)
    {
        var (result, pieces) = (new ushort[values.Length], rowBytes / 16);
        for (var piece = 0; piece < values.Length / 8; piece++)
        {
            var line = (shift / 128) + (piece / 8);
            var to = (piece / pieces * pieces) + (piece % pieces ^ line % pieces);
            values.AsSpan(piece * 8, 8).CopyTo(result.AsSpan(to * 8));
        }

        return result;
    }
}
