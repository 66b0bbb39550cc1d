using System.Text;
using Fusion.Build.Contract;
using Fusion.Compiler.Images;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>Images with line information, built in two folders: they are the same, and name no folder of the machine.</summary>
[TestFixture("12.4")]
[TestFixture("11.8", Category = "Nightly")]
public sealed class LinesForProfilers(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string Source = """
        #include "inner.cuh"
        #include <twice.cuh>
        #include <outside.cuh>
        #include "../../elsewhere/further.cuh"
        #include <fusion/base/outer.cuh>
        extern "C" __global__ void k(float* x) { x[threadIdx.x] = inner(twice(outside(further(outer(x[threadIdx.x]))))); }

        """;

    [TestCase("LineInfo", "true")]
    [TestCase("AdditionalOptions", "--generate-line-info")]
    public void AreTheSameInEachFolder(string metadata, string value)
    {
        var here = Build("a", metadata, value);
        var there = Build("a folder/much deeper/größer", metadata, value);

        Assert.That(here.Keys, Is.EqualTo(["k.compute_80.ptx", "k.sm_80.cubin", "k.sm_90.cubin"]));
        foreach (var (file, bytes) in here)
        {
            Assert.That(bytes, Is.EqualTo(there[file]), file);
            Assert.That(Encoding.Latin1.GetString(bytes), Does.Not.Contain(Path.GetTempPath()).And.Not.Contain("a folder").And.Not.Contain("a project"), file);
        }

        string[] files = ["further.cuh", "fusion/base/outer.cuh", "inc/twice.cuh", "kernels/inner.cuh", "kernels/k.cu", "outside.cuh"];
        Assert.That(DebugLines.Files(here["k.sm_80.cubin"]).Order(StringComparer.Ordinal), Is.EqualTo(files));
        Assert.That(Encoding.UTF8.GetString(here["k.compute_80.ptx"]), Does.Contain("\"kernels/k.cu\"").And.Contain("\"fusion/base/outer.cuh\""));
    }

    [Test]
    public void NameFilesWithLettersBeyondAscii()
    {
        Project.Add("kernels/größe.cu", KernelProject.Simple, "sm_80;compute_80")["LineInfo"] = "true";

        Project.Run().MustSucceed();

        Assert.That(File.ReadAllText(Path.Combine(Project.Images, "kernels/größe.compute_80.ptx")), Does.Contain(@"""kernels/gr\303\266\303\237e.cu"""));
        Assert.That(DebugLines.Files(File.ReadAllBytes(Path.Combine(Project.Images, "kernels/größe.sm_80.cubin"))), Is.EqualTo(["kernels/größe.cu"]));
    }

    [Test]
    public void AreTheSameBytesAgainWhereTheOldNamesComeBack()
    {
        Project.Add("k.cu", "__device__ int counter;\n__constant__ float table[3] = {1, 2, 3};\n__global__ void m(int* x) { __shared__ int s[32]; s[threadIdx.x] = *x; __syncthreads(); x[1] = s[0]; }\n"
            + KernelProject.Simple, "sm_80;sm_90")["LineInfo"] = "true";
        Project.Run().MustSucceed();
        foreach (var image in new[] { "k.sm_80.cubin", "k.sm_90.cubin" })
        {
            var cubin = File.ReadAllBytes(Path.Combine(Project.Images, image));
            for (var length = 1; length < 200; length += 3)
            {
                var changed = DebugLines.Rename(cubin, _ => $"{new string('x', length)}/y")!;
                Assert.That(DebugLines.Files(changed), Is.EqualTo([$"{new string('x', length)}/y"]));
                Assert.That(CubinReader.Read(changed).Select(kernel => kernel.Code!.Sha256), Is.EqualTo(CubinReader.Read(cubin).Select(kernel => kernel.Code!.Sha256)));
                Assert.That(DebugLines.Rename(changed, _ => "k.cu"), Is.EqualTo(cubin));
            }
        }
    }

    private SortedDictionary<string, byte[]> Build(string folder, string metadata, string value)
    {
        string[] headers = ["project/kernels/inner.cuh", "project/inc/twice.cuh", "own/outside.cuh", "elsewhere/further.cuh", "sdk/cu/fusion/base/outer.cuh"];
        foreach (var header in headers)
            Project.Write($"{folder}/{header}", $"#pragma once\n__device__ inline float {Path.GetFileNameWithoutExtension(header)}(float x) {{\n  return x * 2 + 1;\n}}\n");
        Project.Write($"{folder}/project/kernels/k.cu", Source);
        var root = Project.PathOf(folder);
        Project.Request.ProjectDirectory = Path.Combine(root, "project");
        Project.Request.OutputDirectory = Path.Combine(root, "images");
        Project.Request.StateFile = Path.Combine(root, "state");
        Project.Request.FusionIncludePath = Path.Combine(root, "sdk/cu");
        Project.Request.Kernels.Clear();
        Project.Request.Kernels.Add(new KernelRequest
        {
            Source = Path.Combine(root, "project/kernels/k.cu"),
            Name = "k",
            ["Architectures"] = "sm_80;sm_90;compute_80",
            ["IncludePaths"] = "inc;../own",
            [metadata] = value,
        });
        Assert.That(Project.Run().MustSucceed().Warnings, Is.Empty);
        return new(Directory.GetFiles(Path.Combine(root, "images")).Where(file => !file.EndsWith(".json", StringComparison.Ordinal)).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes), StringComparer.Ordinal);
    }
}
