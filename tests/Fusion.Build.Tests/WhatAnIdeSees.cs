using System.Text.Json;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>Kernels and headers in the project and outside it, after one build.</summary>
public sealed class WhatAnIdeSees : SharedConsumer
{
    private JsonElement items;

    private static readonly string[] Everything =
        ["kernels/fill.cu", "kernels/fill.cuh", "../outside/out.cu", "../outside/shared.cuh", "kernels/not_included.cuh"];

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(
            "<FusionIncludePaths>../outside</FusionIncludePaths><FusionCompileCommands>true</FusionCompileCommands>",
            """<FusionKernel Include="../outside/out.cu" Defines="FROM_OUTSIDE=1" Architectures="sm_90a;sm_80" />"""));
        var includes = "#include \"fill.cuh\"\n#include <shared.cuh>";
        consumer.Write("kernels/fill.cu", Kernels.Named("fill", "out[threadIdx.x] = FILL;", includes));
        consumer.Write("kernels/fill.cuh", "#define FILL 1.0f\n").Write("kernels/not_included.cuh", "");
        consumer.Write("../outside/shared.cuh", "#pragma once\n").Write("../outside/out.cu", Kernels.Named("out_kernel"));
        consumer.Build().MustSucceed();

        var (exitCode, json) = consumer.DotNet(
            "msbuild", "-nologo", "-getItem:None", "-getItem:Watch", "-getItem:UpToDateCheckInput", "-getItem:AvailableItemName");
        Assert.That(exitCode, Is.Zero, json);
        items = JsonDocument.Parse(json).RootElement.GetProperty("Items").Clone();
        return consumer;
    }

    [Test]
    public void KernelsAndHeadersAreItemsOfTheProjectEachOnce()
    {
        Assert.That(Paths("None"), Is.SupersetOf(Full("kernels/fill.cu", "kernels/fill.cuh", "../outside/out.cu")).And.Unique);
        var link = items.GetProperty("None").EnumerateArray().ToDictionary(
            item => item.GetProperty("FullPath").GetString()!,
            item => item.TryGetProperty("Link", out var value) ? value.GetString() : null);
        Assert.That(link[Consumer.PathOf("../outside/out.cu")], Is.EqualTo("out.cu"), "a file from outside is shown by its name");
        Assert.That(link[Consumer.PathOf("kernels/fill.cu")], Is.Null.Or.Empty);
        Assert.That(Values("AvailableItemName", "Identity"), Does.Contain("FusionKernel"));
    }

    [TestCase("UpToDateCheckInput")]
    [TestCase("Watch")]
    public void SourcesAndHeadersAreLookedAt(string item) =>
        Assert.That(Paths(item), Is.SupersetOf(Full(Everything)).And.Unique);

    [Test]
    public void CompileCommandsHaveAnEntryAKernelWithItsSettings()
    {
        using var commands = JsonDocument.Parse(Consumer.Read("compile_commands.json"));
        var entries = commands.RootElement.EnumerateArray().ToDictionary(
            entry => entry.GetProperty("file").GetString()!,
            entry => entry.GetProperty("arguments").EnumerateArray().Select(a => a.GetString()).ToArray());

        Assert.That(entries.Keys, Is.EquivalentTo(Full("kernels/fill.cu", "../outside/out.cu")));
        var outside = entries[Consumer.PathOf("../outside/out.cu")];
        Assert.That(outside, Is.SupersetOf(new[]
        {
            "cuda", "-nocudainc", "--cuda-gpu-arch=sm_80", "-std=c++17", "-DFROM_OUTSIDE=1", "-I" + Consumer.PathOf("../outside"),
        }));
        Assert.That(entries[Consumer.PathOf("kernels/fill.cu")], Has.None.Contain("FROM_OUTSIDE"));
        Assert.That(outside[Array.IndexOf(outside, "-include") + 1], Does.Exist);
    }

    [Test]
    public void ClangdUnderstandsTheKernels()
    {
        const string clangd = "/usr/bin/clangd";
        if (!File.Exists(clangd)) Assert.Ignore($"There is no {clangd} on this machine.");
        Consumer.Write("kernels/fill.cu", """
            #include "fill.cuh"
            #include <fusion/base/bf16.cuh>
            extern "C" __global__ void __launch_bounds__(128) fill(float* __restrict__ out, float4 value, fusion::bf16 x) {
              __shared__ float tile[32];
              tile[threadIdx.x % warpSize] = __shfl_xor_sync(0xffffffff, sqrtf(value.x), 1) + FILL;
              __syncthreads();
              atomicAdd(out + blockIdx.x * blockDim.x, tile[0] + fusion::to_float(x));
            }
            """);

        var (exitCode, output) = Consumer.Run(clangd, "--check=" + Consumer.PathOf("kernels/fill.cu"));

        Assert.That(output, Does.Contain("All checks completed, 0 errors"));
        Assert.That(exitCode, Is.Zero, output);
    }

    private string[] Paths(string item) => Values(item, "FullPath");

    private string[] Values(string item, string metadata) =>
        [.. items.GetProperty(item).EnumerateArray().Select(i => i.GetProperty(metadata).GetString()!)];

    private string[] Full(params string[] paths) => [.. paths.Select(Consumer.PathOf)];
}
