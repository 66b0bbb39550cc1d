using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>A program that gives structs to kernels and gets them back, on the emulator.</summary>
public sealed class StructsOfKernels
{
    private const string Header = """
        #pragma once
        #include <cuda_fp16.h>
        namespace my {
        enum class Mode : unsigned char { Off, Slow = 3, Fast };
        struct Range { short first; double last; };
        struct Plain { double mass; int kind; };
        struct Middle : Plain { int generation; };
        struct alignas(32) Particle : Middle {
          char inherited;
          char tag;
          float3 position;
          int4 cell;
          __half weight;
          Mode mode;
          Range ranges[2];
          float matrix[2][3];
          const float* data;
          Particle* next;
          union Bits { float f; unsigned u; } bits;
          bool alive;
          union { int whole; short half[2]; };
          struct { char c; struct { double d; } deep; } unnamed[2];
          unsigned low : 3, : 7, high : 22;
          bool yes : 1;
          int small : 5;
          Mode mode2 : 4;
          unsigned long long far : 40;
        };
        }
        """;

    private const string Kernel = """
        #include "particle.h"

        __global__ void read(const __grid_constant__ my::Particle p, const my::Particle* q, double* out) {
          const my::Particle* both[2] = {&p, q};
          for (int i = 0; i < 2; i++) {
            const my::Particle& x = *both[i];
            double values[] = {(double)x.tag, x.position.x, x.position.y, x.position.z, (double)x.cell.x, (double)x.cell.w, __half2float(x.weight),
                               (double)(int)x.mode, (double)x.ranges[0].first, x.ranges[1].last, x.matrix[0][2], x.matrix[1][0], x.data[1],
                               (double)(x.next == q), (double)x.bits.u, (double)x.alive,
                               x.mass, (double)x.generation, (double)x.inherited, (double)x.half[1], x.unnamed[1].deep.d, (double)x.low, (double)x.high,
                               (double)x.yes, (double)x.small, (double)(int)x.mode2, (double)x.far};
            for (int k = 0; k < 27; k++) *out++ = values[k];
          }
        }

        __global__ void fill(my::Particle* p) {
          p->tag = 7;
          p->ranges[1].last = 0.125;
          p->matrix[1][2] = 9;
          p->mode = my::Mode::Fast;
          p->bits.f = 1.0f;
          p->kind = 44;
          p->unnamed[0].c = 'x';
          p->low = 5;
          p->high = 0x2aaaaa;
          p->small = -7;
          p->far = 0x123456789aULL;
        }

        template <typename T> __global__ void sum(T* out, const T* in, T bias, int n) {
          T s = bias;
          for (int i = 0; i < n; i++) s += in[i];
          *out = s;
        }
        template __global__ void sum<float>(float*, const float*, float, int);
        template __global__ void sum<long long>(long long*, const long long*, long long, int);
        """;

    private const string Program = """
        using System.Numerics;
        using Fusion.Runtime;
        using Consumer;

        using var context = GpuContext.Open();
        using var stream = new GpuStream(context);
        using var data = new DeviceBuffer<float>(context, [1f, 2.5f]);
        using var particles = new DeviceBuffer<Kernels.Types.Particle>(context, 1);
        using var seen = new DeviceBuffer<double>(context, 54);
        var p = new Kernels.Types.Particle
        {
            Tag = -5,
            Position = new Vector3(1, 2, 3),
            Cell = new DeviceVector4<int>(10, 11, 12, 13),
            Weight = (Half)0.5f,
            Mode = Kernels.Types.Mode.Slow,
            Data = data.Pointer,
            Next = particles.Pointer.Cast<byte>(),
            Alive = true,
            Mass = 0.75,
            Generation = 12,
            Inherited = 33,
            Whole = 0x00070001,
            Low = 6,
            High = 0x3ffffe,
            Yes = true,
            Small = -16,
            Mode2 = Kernels.Types.Mode.Fast,
            Far = 0xffffffffffUL,
        };
        p.Unnamed[1].Deep.D = 2.25;
        p.Low = 9;
        p.Ranges[0].First = -300;
        p.Ranges[1].Last = 1e100;
        p.Matrix[2] = 6;
        p.Matrix[3] = 8;
        p.Bits.F = 1f;
        particles.CopyFrom([p]);
        Kernels.Read.Launch(stream, new LaunchShape(1, 1), p, particles, seen);
        stream.Synchronize();
        var values = new double[54];
        seen.CopyTo(values);
        double[] expected = [-5, 1, 2, 3, 10, 13, 0.5, 3, -300, 1e100, 6, 8, 2.5, 1, 0x3f800000, 1, 0.75, 12, 33, 7, 2.25, 1, 0x3ffffe, 1, -16, 4, 0xffffffffff];
        Console.WriteLine(values.AsSpan(0, 27).SequenceEqual(expected) && values.AsSpan(27).SequenceEqual(expected) ? "read" : string.Join(' ', values));

        Kernels.Fill.Launch(stream, new LaunchShape(1, 1), particles);
        stream.Synchronize();
        var back = new Kernels.Types.Particle[1];
        particles.CopyTo(back);
        var b = back[0];
        using var total = new DeviceBuffer<float>(context, 1);
        Kernels.Sum<float>.Launch(stream, new LaunchShape(1, 1), total, data, 10f, 2);
        using var ints = new DeviceBuffer<long>(context, [1, 2, 3]);
        Kernels.Sum<long>.Launch(stream, new LaunchShape(1, 1), ints, ints, 1L << 40, 3);
        stream.Synchronize();
        float[] sum = [0];
        total.CopyTo(sum);
        var longs = new long[3];
        ints.CopyTo(longs);
        Console.WriteLine($"{sum[0]} {longs[0] - (1L << 40)}");
        try
        {
            Kernels.Sum<int>.On(context);
        }
        catch (FusionArgumentException e)
        {
            Console.WriteLine(e.Code);
        }

        Console.WriteLine($"{b.Tag} {b.Ranges[1].Last} {b.Matrix[5]} {b.Mode} {b.Bits.U:x} {b.Cell.Z} {b.Kind} {b.Unnamed[0].C} {b.Low} {b.High:x} {b.Yes} {b.Small} {b.Far:x}");
        """;

    [Test]
    [Category("Nightly")]
    public void ReachThemFieldByFieldAndComeBackAsGenericLaunchersDo()
    {
        using var consumer = new Consumer(Projects.Library(
            "<OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings><TreatWarningsAsErrors>true</TreatWarningsAsErrors>",
            $"""<PackageReference Include="Fusion.Emulator" Version="{PackedSdk.Version}" />""", "compute_80"));
        consumer.Write("particle.h", Header).Write("k.cu", Kernel).Write("Program.cs", Program);
        consumer.Build().MustSucceed();

        var (exitCode, output) = consumer.DotNet(new Dictionary<string, string?> { ["FUSION_DRIVER"] = "emulator" }, "bin/Debug/net10.0/Consumer.dll");

        Assert.That((exitCode, output.ReplaceLineEndings("\n")), Is.EqualTo((0, "read\n13.5 6\nFUSION2008\n7 0.125 9 Fast 3f800000 12 44 120 5 2aaaaa True -7 123456789a\n")));
    }
}
