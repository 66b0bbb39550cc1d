using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Kernels;

/// <summary>libcu++ and CUB, as the package Fusion.Cccl brings them.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class HeadersOfCccl(string nvrtc) : NvrtcFixture(nvrtc)
{
    private string Architectures => Nvrtc == "11.8" ? "sm_80;sm_90" : "sm_80;sm_90a";

    [SetUp]
    public void HaveThePackage()
    {
        Project.Request.FusionIncludePath = Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "cu");
        Project.Request.CcclPath = CcclHeaders.Unpack(Project.PathOf("../package")) + Path.DirectorySeparatorChar;
    }

    [Test]
    public void GoWithTheHeadersPeopleIncludeInAnyOrder()
    {
        const string Ours = "#include <stdint.h>\n#include <limits.h>\n#include <float.h>\n#include <tuple>\n#include <array>\n#include <iterator>\n";
        const string Theirs = "#include <cuda/std/cstdint>\n#include <cuda/std/limits>\n#include <cuda/std/tuple>\n#include <cuda/std/array>\n";
        const string Kernel = """
            __device__ int first() { auto [a, b] = cuda::std::tuple<int, int>{1, 2}; return a + b; }
            __device__ int second() { auto [a, b] = std::pair<int, int>{1, 2}; return a + b; }
            __global__ void k(int64_t* x) { *x = first() + second() + INT64_C(5) + cuda::std::int64_t{4} + SHRT_MAX + INT64_MAX; }

            """;
        Project.Add("a.cu", Ours + Theirs + Kernel, Architectures);
        Project.Add("b.cu", Theirs + Ours + Kernel, Architectures);

        Assert.That(Project.Run().MustSucceed().Warnings, Is.Empty);
    }

    [Test]
    public void CompileInAFileWithCodeForTheHost()
    {
        Project.Add("k.cu", """
            #include <cub/block/block_reduce.cuh>
            #include <iostream>
            __global__ void sum(const float* values, float* total) {
              using Reduce = cub::BlockReduce<float, 256>;
              __shared__ typename Reduce::TempStorage storage;
              const float sum = Reduce(storage).Sum(values[threadIdx.x]);
              if (threadIdx.x == 0) *total = sum;
            }
            int main() { std::cout << "done"; sum<<<1, 256>>>(nullptr, nullptr); }

            """, Architectures);

        Assert.That(Project.Run().MustSucceed().Warnings, Is.Empty);
    }

    [Test]
    public void SayWhenThePackageHasNoneOfThatName()
    {
        Project.Add("k.cu", $"#include <cub/block/block_of_tomorrow.cuh>\n{KernelProject.Simple}");

        Assert.That(Project.Run().OnlyError().Message, Does.Contain("The package Fusion.Cccl has none of that name"));
    }

    [Test]
    [Category("Nightly")]
    public void OfBlocksWarpsThreadsAndTheStandardLibraryCompileEachAlone()
    {
        var root = Project.Request.CcclPath;
        string[] headers =
        [
            .. new[] { "cub/block", "cub/warp", "cub/thread", "cuda", "cuda/std" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder)))
                .Select(file => Path.GetRelativePath(root, file)).Order(StringComparer.Ordinal),
        ];
        Assert.That(headers, Has.Length.GreaterThan(60));
        foreach (var header in headers) Project.Add($"{header.Replace('/', '_')}.cu", $"#include <{header}>\n{KernelProject.Simple}");

        Assert.That(Project.Run().MustSucceed().Warnings, Is.Empty);
    }
}
