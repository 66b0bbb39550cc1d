namespace Fusion.Compiler.Tests.Launchers;

internal sealed class TypesOfParameters : LauncherTest
{
    [TestCase("bool x", "bool")]
    [TestCase("char x", "sbyte")]
    [TestCase("signed char x", "sbyte")]
    [TestCase("unsigned char x", "byte")]
    [TestCase("short int x", "short")]
    [TestCase("unsigned short x", "ushort")]
    [TestCase("const int x", "int")]
    [TestCase("unsigned x", "uint")]
    [TestCase("long long int x", "long")]
    [TestCase("unsigned long long x", "ulong")]
    [TestCase("int long long unsigned x", "ulong")]
    [TestCase("size_t x", "ulong")]
    [TestCase("std::uint8_t x", "byte")]
    [TestCase("float x = f(1, 2)", "float")]
    [TestCase("double x", "double")]
    [TestCase("bf16 x", "BFloat16")]
    [TestCase("fusion::bf16 x", "BFloat16")]
    [TestCase("::fusion::u16 x", "ushort")]
    [TestCase("__nv_bfloat16 x", "BFloat16")]
    [TestCase("f16 x", "Half")]
    [TestCase("__half x", "Half")]
    [TestCase("float4 x", "Numerics.Vector4")]
    public void ANumberIsTheOneOfCSharp(string parameter, string expected) =>
        Assert.That(Signatures($"__global__ void k({parameter}) {{}}"), Is.EqualTo($"k({expected} x)"));

    [TestCase("uint3 x", "DeviceVector3<uint>")]
    [TestCase("dim3 x", "DeviceVector3<uint>")]
    [TestCase("char1 x", "sbyte")]
    [TestCase("longlong2 x", "DeviceVector2<long>")]
    [TestCase("ulong4 x", "DeviceVector4<ulong>")]
    [TestCase("half2 x", "DeviceVector2<Half>")]
    [TestCase("__half2 x", "DeviceVector2<Half>")]
    [TestCase("__nv_bfloat162 x", "DeviceVector2<BFloat16>")]
    [TestCase("cudaTextureObject_t x", "ulong")]
    [TestCase("cudaSurfaceObject_t x", "ulong")]
    [TestCase("clock_t x", "long")]
    [TestCase("uint x", "uint")]
    [TestCase("ushort x", "ushort")]
    [TestCase("uchar x", "byte")]
    [TestCase("const __grid_constant__ CUtensorMap x", "TensorMap")]
    [TestCase("const CUtensorMap* x", "Pointer<TensorMap>")]
    [TestCase("uint3* x", "Pointer<DeviceVector3<uint>>")]
    [TestCase("const __nv_bfloat162* __restrict__ x", "Pointer<DeviceVector2<BFloat16>>")]
    [TestCase("cudaTextureObject_t* x", "Pointer<ulong>")]
    [TestCase("clock_t* x", "Pointer<long>")]
    [TestCase("half2** x", "Pointer<Pointer<DeviceVector2<Half>>>")]
    public void WhatCudaAddsIsThere(string parameter, string expected)
    {
        Assert.That(Signatures($"__global__ void k({parameter}) {{}}"), Is.EqualTo($"k({expected} x)"));
        Assert.That(Warnings, Is.Empty);
    }

    [TestCase("float* x", "Pointer<float>")]
    [TestCase("const float* __restrict__ x", "Pointer<float>")]
    [TestCase("float const *const x", "Pointer<float>")]
    [TestCase("float* const __restrict x", "Pointer<float>")]
    [TestCase("volatile int* x", "Pointer<int>")]
    [TestCase("const volatile int* x", "Pointer<int>")]
    [TestCase("const fusion::bf16* x", "Pointer<BFloat16>")]
    [TestCase("void* x", "Pointer<byte>")]
    [TestCase("const void* x", "Pointer<byte>")]
    [TestCase("float** x", "Pointer<Pointer<float>>")]
    [TestCase("const float** x", "Pointer<Pointer<float>>")]
    [TestCase("const float* const* x", "Pointer<Pointer<float>>")]
    [TestCase("float* const* x", "Pointer<Pointer<float>>")]
    [TestCase("float x[4]", "Pointer<float>")]
    [TestCase("const float x[]", "Pointer<float>")]
    [TestCase("float x[2][4]", "Pointer<float>")]
    [TestCase("const float (*x)[4]", "Pointer<float>")]
    [TestCase("unsigned long long* x", "Pointer<ulong>")]
    public void APointerKnowsItsElements(string parameter, string expected) =>
        Assert.That(Signatures($"__global__ void k({parameter}) {{}}"), Is.EqualTo($"k({expected} x)"));

    [TestCase("int (*x)(int, float*)")]
    [TestCase("float& x")]
    [TestCase("const Params& x")]
    [TestCase("const __grid_constant__ Params x")]
    [TestCase("const Params* x")]
    [TestCase("std::array<float, 4> x")]
    [TestCase("my::bf16 x")]
    [TestCase("decltype(f(1)) x")]
    [TestCase("float (&x)[4]")]
    public void WhatCSharpDoesNotHaveIsUntypedWithAWarning(string parameter)
    {
        Assert.That(Signatures($"__global__ void k(int n,\n  {parameter}) {{}}"), Is.EqualTo("k(int n, ? x)"));
        var warning = Warnings.Single();
        Assert.That((warning.Code, warning.File, warning.Line, warning.Column), Is.EqualTo(("FUSION1601", "/src/k.cu", 2, 3)));
        Assert.That(warning.Message, Does.Contain("'x'").And.Contain("'k'"));
    }

    [TestCase("my::Params x", "MyApp.Params")]
    [TestCase("Params x", "MyApp.Params", Description = "the source leaves out the namespace that it is in")]
    [TestCase("const __grid_constant__ ::my::Params x", "MyApp.Params")]
    [TestCase("const Params* x", "Pointer<MyApp.Params>")]
    [TestCase("Count x", "ulong")]
    [TestCase("bf16 x", "MyApp.Brain", Description = "before the SDK's own")]
    [TestCase("std::array<float,4> x", "MyApp.Four")]
    [TestCase("Raw x", "?")]
    [TestCase("Raw* x", "Pointer<byte>")]
    public void TheProjectNamesTypes(string parameter, string expected)
    {
        var signature = Signatures($"__global__ void k({parameter}) {{}}", types:
        [
            ("my::Params", "MyApp.Params"), ("Count", "ulong"), ("bf16", "MyApp.Brain"), ("std::array<float, 4>", "MyApp.Four"), ("Raw", ""),
        ]);

        Assert.That(signature, Is.EqualTo($"k({expected} x)"));
        Assert.That(Warnings, Is.Empty);
    }
}
