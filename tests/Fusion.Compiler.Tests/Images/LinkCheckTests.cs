using System.Text;
using Fusion.Compiler.Images;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Images;

public sealed class LinkCheckTests
{
    [TestCaseSource(typeof(TestImages), nameof(TestImages.Cubins))]
    public void ACubinIsLinkedUnlessItsHeaderSaysThatItIsRelocatable(string nvrtc, string architecture)
    {
        var cubin = TestImages.Cubin(nvrtc, architecture);
        Assert.That(LinkCheck.Find(ImageKind.Cubin, cubin), Is.Null);

        cubin[16] = 1;
        Assert.That(LinkCheck.Find(ImageKind.Cubin, cubin)!.Undefined, Is.Empty);
    }

    [TestCase(".extern .func elsewhere ();", "elsewhere")]
    [TestCase(".extern .func (.param .b32 func_retval0) elsewhere\n(\n\t.param .b32 elsewhere_param_0\n)\n;", "elsewhere")]
    [TestCase(".extern .global .align 4 .f32 g;", "g")]
    [TestCase(".extern .const .align 4 .b8 table[16];", "table")]
    [TestCase(".extern .func a (); .extern .func b ();", "a b")]
    [TestCase(".extern .func a (); .func a () { ret; }", "")]
    [TestCase(".extern .func (.param .b32 r) vprintf (.param .b64 f, .param .b64 v);", "")]
    [TestCase(".extern .func __cuda_syscall_of_some_version (.param .b64 f);", "")]
    [TestCase(".extern .shared .align 16 .b8 dynamic[];", "")]
    [TestCase("// .extern .func a ();", "")]
    [TestCase(".extern", "")]
    public void PtxIsLinkedUnlessSomethingIsDeclaredAloneThatTheDriverLacks(string declarations, string undefined)
    {
        var ptx = Encoding.UTF8.GetBytes($".version 8.4\n.target sm_80\n.address_size 64\n{declarations}\n");

        Assert.That(string.Join(' ', LinkCheck.Find(ImageKind.Ptx, ptx)?.Undefined ?? []), Is.EqualTo(undefined));
    }
}
