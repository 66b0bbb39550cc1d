#:sdk Fusion.Sdk@FUSION_SDK_VERSION
#if (hasOddName)
#:property RootNamespace=FusionTemplate
#endif
#if (architectures != "")
#:property FusionArchitectures=FUSION_ARCHITECTURES
#endif
using Fusion.Runtime;
using FusionTemplate; // the build writes Kernels into the namespace of this file's name

const int BlockThreads = 256;
float[] numbers = [1, 2, 3];

if (GpuDevice.Count == 0)
{
    var images = KernelLibrary.ReadManifest(typeof(Kernels).Assembly).Modules.SelectMany(module => module.Images);
    Console.WriteLine($"No GPU here. The kernel is built for {string.Join(", ", images.Select(image => image.Architecture))}.");
    return;
}

using var context = GpuContext.Open();
using var stream = new GpuStream(context);
using var data = new DeviceBuffer<float>(context, numbers);

var blocks = (numbers.Length + BlockThreads - 1) / BlockThreads;
Kernels.Scale.Launch(stream, new LaunchShape(blocks, BlockThreads), data, factor: 10, numbers.Length);
stream.Synchronize();

data.CopyTo(numbers);
Console.WriteLine(string.Join(", ", numbers)); // 10, 20, 30
