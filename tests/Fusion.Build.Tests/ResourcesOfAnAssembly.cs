using System.Security.Cryptography;
using Fusion.Build.Tests.Infrastructure;
using Fusion.Manifest;

namespace Fusion.Build.Tests;

public sealed class ResourcesOfAnAssembly : SharedConsumer
{
    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(
            items: """<FusionKernel Update="kernels/scale.cu" NameExpressions="math::scale&lt;float&gt;" />""",
            architectures: "sm_80;sm_90a;compute_80"));
        consumer.Write("kernels/scale.cu", """
            struct Pair { int first; double second; };
            namespace math {
            template <typename T> __global__ void __launch_bounds__(256) scale(T* data, T factor, const Pair pair, short count) {
              __shared__ T tile[128];
              tile[threadIdx.x % 128] = data[threadIdx.x];
              __syncthreads();
              if (threadIdx.x < count) data[threadIdx.x] = tile[127 - threadIdx.x % 128] * factor + pair.second;
            }
            }
            """);
        consumer.Build().MustSucceed();
        return consumer;
    }

    [Test]
    public void AreTheManifestAndEachImage() => Assert.That(Consumer.Built.KernelResources, Is.EqualTo(
    [
        "Fusion.Kernels/kernels/scale.compute_80.ptx", "Fusion.Kernels/kernels/scale.sm_80.cubin",
        "Fusion.Kernels/kernels/scale.sm_90a.cubin", "Fusion.Kernels/manifest.json",
    ]));

    [Test]
    public void HoldTheFilesThatLieUnderObj()
    {
        foreach (var image in Consumer.Images)
            Assert.That(Consumer.Built.Image("Fusion.Kernels/" + image), Is.EqualTo(File.ReadAllBytes(Consumer.ImagePath(image))));
    }

    [Test]
    [Category("Nightly")]
    public void AreCompressedUnlessTheProjectSaysOtherwise()
    {
        var images = Consumer.Built.Manifest.Modules[0].Images;
        Assert.That(images.Select(image => image.Encoding), Is.All.EqualTo((ImageEncoding?)ImageEncoding.Brotli));
        Assert.That(images.Select(image => Consumer.Built.Resources[image.Resource].Length),
            Is.EqualTo(images.Select(image => image.StoredBytes)));
        Assert.That(images.All(image => image.StoredBytes < image.Bytes));

        var build = Consumer.Rebuild("-c", "Plain", "-p:FusionCompressKernels=false").MustSucceed();

        Assert.That(build.CompiledJobs, Is.Empty, "compression is no option of the compiler");
        var plain = new BuiltAssembly(Consumer.PathOf("bin/Plain/net10.0/Consumer.dll"));
        Assert.That(plain.Manifest.Modules[0].Images.Select(image => image.Encoding), Is.All.Null);
        foreach (var image in images)
            Assert.That(plain.Resources[image.Resource], Is.EqualTo(Consumer.Built.Image(image.Resource)));
    }

    [Test]
    public void AreDescribedByTheManifest()
    {
        var built = Consumer.Built;
        var manifest = built.Manifest;

        Assert.That(manifest.Schema, Is.EqualTo(KernelManifest.CurrentSchema));
        Assert.That(manifest.Compiler, Is.EqualTo(PackedSdk.Version));
        Assert.That(manifest.Nvrtc, Does.Match(@"^\d+\.\d+$"));
        Assert.That(manifest.Modules.Select(module => (module.Name, module.Source)), Is.EqualTo([("kernels/scale", "kernels/scale.cu")]));
        foreach (var image in manifest.Modules[0].Images)
        {
            var content = built.Image(image.Resource);
            Assert.That(image.Resource, Does.EndWith($"scale.{image.Architecture}.{(image.Kind == ImageKind.Ptx ? "ptx" : "cubin")}"));
            Assert.That(image.Bytes, Is.EqualTo(content.Length));
            Assert.That(image.Sha256, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(content))));
            Assert.That(image.PtxVersion, Does.Match(@"^\d+\.\d+$"));
        }
    }

    [Test]
    public void NameKernelsSymbolsAndParameters()
    {
        foreach (var image in Consumer.Built.Module("kernels/scale").Images)
        {
            var kernel = image.Kernels.Single();
            Assert.That(kernel.Name, Is.EqualTo("math::scale<float>"));
            Assert.That(kernel.Symbol, Does.StartWith("_ZN4math5scaleIfEE"));
            Assert.That(kernel.MaxThreads, Is.EqualTo(256), image.Architecture);
            Assert.That(kernel.Parameters.Select(p => (p.Name, p.Offset, p.Size)), Is.EqualTo(
                [("data", 0, 8), ("factor", 8, 4), ("pair", 16, 16), ("count", 32, 2)]), image.Architecture);
        }
    }

    [Test]
    public void TellRegistersAndSharedMemoryOfMachineCode()
    {
        foreach (var image in Consumer.Built.Module("kernels/scale").Images)
        {
            var kernel = image.Kernels.Single();
            Assert.That(kernel.SharedBytes, Is.EqualTo(image.Kind == ImageKind.Cubin ? 512 : (int?)null), image.Architecture);
            Assert.That(kernel.Registers, image.Kind == ImageKind.Cubin ? Is.InRange(4, 255) : Is.Null, image.Architecture);
        }
    }
}
